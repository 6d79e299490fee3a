"""What the shop refuses to sell, and what its owner accepts in spite of that."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import RefusedClass, RefusedKind
from provider.models.catalogue import Service
from provider.refusals import plain


class RefusedText(models.Model):
    """A word or a domain that neither a service nor an order may hold."""

    kind = models.CharField(_("kind"), max_length=6, choices=RefusedKind)
    # As it is compared: no capitals, no fancy letters.
    text = models.CharField(
        _("text"),
        max_length=200,
        help_text=_(
            "A word is found as a whole word; a domain with all that lies below it."
        ),
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("refused word or domain")
        verbose_name_plural = _("refused words and domains")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "text"],
                name="refused_text_once",
                violation_error_message=_("This is refused already."),
            ),
            models.CheckConstraint(
                condition=~Q(text=""), name="refused_text_is_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        super().clean()
        self.text = plain(self.text)
        if self.kind != RefusedKind.DOMAIN:
            return
        self.text = self.text.removeprefix("https://").removeprefix("http://")
        self.text = self.text.split("/")[0].removeprefix("www.")
        if "." not in self.text or " " in self.text:
            raise ValidationError({"text": _("Write a domain, such as example.com.")})


class Acceptance(models.Model):
    """An owner's statement that a refused class, or one service, is sold after all.

    It is never changed: who withdraws it ends it, and it stays as history.
    """

    refused_class = models.CharField(
        _("class"), max_length=10, choices=RefusedClass, blank=True
    )
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="acceptances"
    )
    statement = models.TextField(_("statement"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("time"), db_default=Now())
    ended_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        constraints = [
            models.CheckConstraint(
                condition=(~Q(refused_class="") & Q(service__isnull=True))
                | Q(refused_class="", service__isnull=False),
                name="acceptance_of_a_class_or_a_service",
            ),
            models.CheckConstraint(
                condition=~Q(statement=""), name="acceptance_has_a_statement"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="acceptance_is_ended_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["refused_class", "service"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="acceptance_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.service or self.get_refused_class_display())
