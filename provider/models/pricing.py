"""What makes a price: markup rules."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import Rounding, RuleScope
from provider.models.catalogue import Category, Service
from provider.models.providers import Provider
from shop.money import MoneyField


class MarkupRule(models.Model):
    """What the shop adds to a cost. The narrowest rule that fits a service decides."""

    scope = models.CharField(_("scope"), max_length=12, choices=RuleScope)
    service = models.ForeignKey(Service, models.CASCADE, null=True, blank=True)
    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True)
    provider = models.ForeignKey(Provider, models.CASCADE, null=True, blank=True)
    percent = models.DecimalField(
        _("percent"),
        max_digits=8,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
    )
    fixed = MoneyField(
        _("plus"),
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("Per 1,000, or per package; in the shop's currency."),
    )
    step = MoneyField(
        _("rounded to a multiple of"),
        default=Decimal("0.00001"),
        validators=[MinValueValidator(Decimal("0.00000001"))],
    )
    rounding = models.CharField(
        _("rounded"),
        max_length=7,
        choices=Rounding,
        default=Rounding.UP,
        db_default=Rounding.UP,
        help_text=_("Never below the minimum margin: such a price is rounded up."),
    )
    minimum_margin = models.DecimalField(
        _("minimum margin, percent"),
        max_digits=8,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("A price that earns less on the newest cost is not sold at."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("markup rule")
        verbose_name_plural = _("markup rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    scope=RuleScope.SERVICE,
                    service__isnull=False,
                    category__isnull=True,
                    provider__isnull=True,
                )
                | Q(
                    scope=RuleScope.CATEGORY,
                    service__isnull=True,
                    category__isnull=False,
                    provider__isnull=True,
                )
                | Q(
                    scope=RuleScope.PROVIDER,
                    service__isnull=True,
                    category__isnull=True,
                    provider__isnull=False,
                )
                | Q(
                    scope=RuleScope.EVERYTHING,
                    service__isnull=True,
                    category__isnull=True,
                    provider__isnull=True,
                ),
                name="markup_rule_scope_names_its_subject",
                violation_error_message=_(
                    "Choose just what the scope names: one service, category or provider."
                ),
            ),
            models.UniqueConstraint(
                fields=["service", "category", "provider"],
                nulls_distinct=False,
                name="markup_rule_one_per_scope",
                violation_error_message=_("There is a rule for this already."),
            ),
            models.CheckConstraint(
                condition=Q(
                    percent__gte=0, fixed__gte=0, step__gt=0, minimum_margin__gte=0
                ),
                name="markup_rule_not_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.percent.normalize():f} %"
