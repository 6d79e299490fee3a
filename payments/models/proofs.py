"""What a customer shows of a bank transfer that the shop has not seen yet."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.utils.translation import gettext_lazy as _

from payments.enums import ProofKind
from payments.models.topups import TopUp
from shop.attachments import MOST_BYTES

# Of one payment.
MOST_PROOFS = 3


class Proof(models.Model):
    """A file of a customer's, as it came. It proves nothing to us: staff look at it.

    Neither its name nor the type that the browser gave it is kept.
    """

    top_up = models.ForeignKey(
        TopUp, models.PROTECT, related_name="proofs", verbose_name=_("top-up")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=4, choices=ProofKind)
    content = models.BinaryField(_("content"))
    size = models.GeneratedField(
        expression=Length("content"),
        output_field=models.PositiveIntegerField(_("size")),
        db_persist=True,
    )
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now())

    class Meta:
        verbose_name = _("proof of a transfer")
        verbose_name_plural = _("proofs of transfers")
        constraints = [
            models.UniqueConstraint(
                fields=["top_up", "position"], name="proof_one_per_position"
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1, position__lte=MOST_PROOFS),
                name="proof_few_per_top_up",
            ),
            models.CheckConstraint(
                condition=Q(size__gte=1, size__lte=MOST_BYTES),
                name="proof_size_bounded",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ProofKind.values), name="proof_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"proof-{self.pk}.{self.kind}"
