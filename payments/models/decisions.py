"""What people decide about payments, and who approved it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.enums import DecisionKind
from payments.models.topups import TopUp
from shop.money import MoneyField


class Decision(models.Model):
    """Something that people decide about a payment: asked for, approved, carried out."""

    top_up = models.ForeignKey(
        TopUp, models.PROTECT, related_name="decisions", verbose_name=_("top-up")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=DecisionKind)
    amount = MoneyField(_("amount"))
    note = models.CharField(_("note"), max_length=150)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    # How many of the staff must approve.
    needed = models.PositiveSmallIntegerField(_("approvals needed"))
    asked_at = models.DateTimeField(_("asked for"), db_default=Now())
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("rejected by"),
    )
    # Where the customer says how to get the money, where the gateway cannot know.
    url = models.TextField(blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("decision about a payment")
        verbose_name_plural = _("decisions about payments")
        constraints = [
            models.UniqueConstraint(
                fields=["top_up"],
                condition=Q(closed_at=None),
                name="decision_one_open_per_top_up",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, needed__gte=1),
                name="decision_amount_and_approvals_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, rejected_by=None)
                | Q(
                    closed_at__isnull=False, approved_at=None, rejected_by__isnull=False
                )
                | Q(
                    closed_at__isnull=False, approved_at__isnull=False, rejected_by=None
                ),
                name="decision_closed_approved_or_rejected",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Approval(models.Model):
    """One person's yes to a decision."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="approvals")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "by"], name="approval_one_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.by}"
