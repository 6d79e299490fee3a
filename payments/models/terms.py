"""The shop's terms for payments: what a gateway costs, and what paying brings."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from provider.models import Category
from shop.money import ZERO, MoneyField


class GatewayTerms(models.Model):
    """What the shop asks of those who pay through a gateway. Without a row: nothing.

    An inactive gateway is not offered; what was begun through it goes on.
    """

    gateway = models.CharField(_("gateway"), max_length=20, unique=True)
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveIntegerField(_("position"), default=100)
    fee_percent = models.DecimalField(
        _("fee in percent"), max_digits=5, decimal_places=2, default=ZERO
    )
    fee_fixed = MoneyField(_("fixed fee"), default=ZERO)
    least = MoneyField(_("least"), null=True, blank=True)
    most = MoneyField(_("most"), null=True, blank=True)
    categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="+",
        verbose_name=_("only for"),
        help_text=_("What is paid so can be spent on these categories alone."),
    )

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        constraints = [
            models.CheckConstraint(
                condition=Q(fee_percent__gte=0, fee_percent__lte=50, fee_fixed__gte=0),
                name="gateway_terms_fee_in_bounds",
            ),
            models.CheckConstraint(
                condition=(Q(least=None) | Q(least__gt=0))
                & (Q(most=None) | Q(most__gt=0))
                & (Q(least=None) | Q(most=None) | Q(least__lte=F("most"))),
                name="gateway_terms_least_below_most",
            ),
        ]

    def __str__(self) -> str:
        return self.gateway

    def fee(self, amount: Decimal) -> Decimal:
        """Return the fee for `amount`, not rounded."""
        fee: Decimal = amount * self.fee_percent / 100 + self.fee_fixed
        return fee


class BonusRule(models.Model):
    """What is given on top of a payment: to everybody, or to those who know a code."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    # Written in capitals; a customer may write it in any case.
    code = models.CharField(_("coupon code"), max_length=40, blank=True)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)
    least = MoneyField(_("from a payment of"), default=ZERO)
    most = MoneyField(_("at most"), null=True, blank=True)
    gateway = models.CharField(_("only through"), max_length=20, blank=True)
    once = models.BooleanField(_("once per customer"), default=False)
    active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("bonus rule")
        verbose_name_plural = _("bonus rules")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="bonus_rule_one_per_code",
            ),
            models.CheckConstraint(
                condition=Q(code=Upper("code")), name="bonus_rule_code_in_capitals"
            ),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, least__gte=0)
                & (Q(most=None) | Q(most__gt=0)),
                name="bonus_rule_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None)
                | Q(ends_at=None)
                | Q(starts_at__lt=F("ends_at")),
                name="bonus_rule_starts_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def bonus(self, amount: Decimal) -> Decimal:
        """Return what is given on `amount`, not rounded."""
        bonus: Decimal = amount * self.percent / 100
        return bonus if self.most is None else min(bonus, self.most)
