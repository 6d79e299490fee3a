"""A provider's books, day by day: ours beside theirs."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models import Provider
from shop.money import MoneyField, RateField


class ProviderDay(models.Model):
    """Where our book of a provider and its own balance stood at the end of a day.

    Today's row moves on with every reading; the rows before it stay.
    """

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="days")
    date = models.DateField(_("date"))
    # Σ transfers of the provider's account up to the reading of the balance.
    book = MoneyField(_("our book"))
    # What was sent to the provider, and what orders cost by our book, on this day.
    funds = MoneyField(_("funds sent"), default=0)
    cost = MoneyField(_("cost booked"), default=0)
    # What the provider says that this day's orders cost.
    charged = RateField(_("charged upstream"), default=0)
    balance = RateField(_("balance upstream"), null=True, blank=True)
    balance_at = models.DateTimeField(_("balance read"), null=True, blank=True)
    changed_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("provider's day")
        verbose_name_plural = _("providers' days")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "date"], name="provider_day_one_per_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.date}"
