"""Money that may be spent on some categories only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models import Category
from shop.money import MoneyField


class Earmark(models.Model):
    """What of a customer's balance came by a way to pay that is for some categories only.

    `amount` was there at `since`; what of it is left follows from the orders since then
    (`orders.earmarks`).
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="earmarks",
        verbose_name=_("customer"),
    )
    source = models.CharField(_("came by"), max_length=20)
    amount = MoneyField(_("amount"))
    since = models.DateTimeField(_("since"), db_default=Now())
    categories = models.ManyToManyField(
        Category, related_name="+", verbose_name=_("categories")
    )

    class Meta:
        verbose_name = _("earmark")
        verbose_name_plural = _("earmarks")
        constraints = [
            # Also how an order finds what its customer has.
            models.UniqueConstraint(
                fields=["customer", "source"], name="earmark_one_per_source"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="earmark_not_below_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.amount}"
