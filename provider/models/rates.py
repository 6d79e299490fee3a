"""Rates of exchange, and those that wait for somebody to believe them."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.money import RateField


class ExchangeRate(models.Model):
    """One `base` was worth `rate` of `quote` from `created_at` on; never changed."""

    base = models.CharField(_("from currency"), max_length=3)
    quote = models.CharField(_("to currency"), max_length=3)
    rate = RateField(_("rate"))
    source = models.CharField(_("source"), max_length=100, blank=True)
    # Who wrote it, or agreed to it; nobody for what a source says.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("time"), db_default=Now())
    age: timedelta

    class Meta:
        verbose_name = _("rate of exchange")
        verbose_name_plural = _("rates of exchange")
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gt=0), name="exchange_rate_above_zero"
            ),
            models.CheckConstraint(
                condition=~Q(base=models.F("quote")),
                name="exchange_rate_between_two_currencies",
            ),
        ]
        indexes = [
            models.Index(
                fields=["base", "quote", "-created_at", "-id"],
                name="exchange_rate_newest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.rate.normalize():f}"

    def is_old(self, hours: int) -> bool:
        """Whether it is older than so many hours; 0 are never over.

        Its `age` is what provider.queries.newest_rates read, by the database's clock.
        """
        return bool(hours) and self.age > timedelta(hours=hours)


class RateProposal(models.Model):
    """A rate that jumped too far to be taken from its source unasked."""

    base = models.CharField(_("from currency"), max_length=3)
    quote = models.CharField(_("to currency"), max_length=3)
    rate = RateField(_("rate"))
    # What was in force when the source said so.
    before = RateField(_("rate before"))
    source = models.CharField(_("source"), max_length=100)
    created_at = models.DateTimeField(_("time"), db_default=Now())
    # By staff, or without a name where the source came back to its senses.
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    taken = models.ForeignKey(
        ExchangeRate,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken as"),
    )

    class Meta:
        verbose_name = _("rate in question")
        verbose_name_plural = _("rates in question")
        constraints = [
            models.UniqueConstraint(
                fields=["base", "quote"],
                condition=Q(closed_at__isnull=True),
                name="rate_proposal_one_open",
            ),
            models.CheckConstraint(
                condition=Q(rate__gt=0, before__gt=0),
                name="rate_proposal_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(taken__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="rate_proposal_taken_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.rate.normalize():f}"
