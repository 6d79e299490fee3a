"""A provider's books, day by day: ours beside theirs."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models import Provider
from shop.money import MoneyField, RateField


class ProviderDay(models.Model):
    """Where our book of a provider and its own balance stood at the end of a day.

    Today's row moves on with every reading; the rows before it stay. What happened
    after a day's last reading counts for the next day: the sums of any span of days
    are exactly what moved between its first reading and its last.
    """

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="days")
    date = models.DateField(_("date"))
    # Σ transfers of the provider's account up to the reading of the balance.
    book = MoneyField(_("our book"))
    # What was sent to the provider, and what orders cost by our book, since the row
    # before: book = Σ funds − Σ cost of all rows up to this one.
    funds = MoneyField(_("funds sent"), default=0)
    cost = MoneyField(_("cost booked"), default=0)
    # What the provider says that orders cost: the movement of Σ over all orders, so that
    # one which was given back upstream counts on the day of that.
    charged = RateField(_("charged upstream"), default=0)
    # The same of our book's cost of orders whose charge it has not named (yet).
    unnamed = MoneyField(_("charge not named"), default=0)
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
