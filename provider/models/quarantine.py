"""Odd changes of offers that wait for somebody's answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import SERVICE_TYPES, Oddity, Verdict
from provider.models.catalogue import Offer
from provider.models.syncing import SyncRun
from shop.money import RateField


class Quarantine(models.Model):
    """A change of an offer that the selling side does not follow unless staff say so.

    The offer itself is always as last seen, so that nothing is sent at a loss. Until
    `ended_at` its services keep the price and type that follow from the old values, and
    are not sold where that would be at a loss, or nobody has answered yet. Approved, it
    ends; rejected, it stands until the provider says something else.
    """

    offer = models.ForeignKey(
        Offer, models.CASCADE, related_name="quarantines", db_index=False
    )
    # The run that asked, and the one that ended it by reading something else.
    run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="quarantines"
    )
    ended_run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    oddity = models.CharField(_("what is odd"), max_length=4, choices=Oddity)
    old_rate = RateField(_("rate before"))
    new_rate = RateField(_("rate after"))
    old_type = models.CharField(
        _("type before"), max_length=30, choices=SERVICE_TYPES, blank=True
    )
    new_type = models.CharField(
        _("type after"), max_length=30, choices=SERVICE_TYPES, blank=True
    )
    verdict = models.CharField(
        _("answer"), max_length=10, choices=Verdict, blank=True, default=Verdict.NONE
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    decided_at = models.DateTimeField(_("answered"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    created_at = models.DateTimeField(_("asked"), db_default=Now())

    class Meta:
        verbose_name = _("quarantined change")
        verbose_name_plural = _("quarantined changes")
        constraints = [
            # One question at a time; also finds it when a price is made.
            models.UniqueConstraint(
                fields=["offer"],
                condition=Q(ended_at__isnull=True),
                name="quarantine_one_per_offer",
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.NONE, decided_at__isnull=True)
                | (~Q(verdict=Verdict.NONE) & Q(decided_at__isnull=False)),
                name="quarantine_answer_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.REJECTED)
                | Q(verdict=Verdict.NONE, ended_at__isnull=True)
                | (~Q(verdict=Verdict.NONE) & Q(ended_at__isnull=False)),
                name="quarantine_only_a_rejected_one_stands",
            ),
        ]
        indexes = [
            models.Index(fields=["offer", "-id"], name="quarantine_history"),
            # The list of those that wait.
            models.Index(
                fields=["id"], condition=Q(verdict=""), name="quarantine_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.oddity}"
