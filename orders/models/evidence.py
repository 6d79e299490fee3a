"""What was found out about an order that is not known to exist upstream."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.enums import EvidenceSource, Verdict
from orders.models.attempts import Attempt
from provider.models import Reply


class Evidence(models.Model):
    """One look for an unknown order, and what it showed; never changed."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="evidence")
    source = models.CharField(_("looked at"), max_length=12, choices=EvidenceSource)
    verdict = models.CharField(_("it says"), max_length=8, choices=Verdict)
    upstream_id = models.CharField(_("upstream id"), max_length=64, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    reply = models.ForeignKey(
        Reply, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.FOUND) | ~Q(upstream_id=""),
                name="evidence_found_has_an_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.source}: {self.verdict}"
