"""What is agreed with customers about prices: groups, discounts and special prices.

`provider.prices` says which of them decides, and what comes of it.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models.catalogue import Service
from shop.money import MoneyField

HUNDRED = Decimal(100)
# Of a group, in percent of the cost. More is a mistake, and prices must fit their column.
MOST_MARKUP = Decimal(1000)
# Nobody consents to giving away everything.
LEAST_MARGIN = Decimal("-99.999")


def percent_field(label: Any, most: Decimal, **options: Any) -> Any:
    """Return a column for a percentage from 0 to `most`, or for none."""
    return models.DecimalField(
        label,
        max_digits=8,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(most)],
        **options,
    )


class Agreement(models.Model):
    """Something agreed that may lower a price, as far as somebody consents to.

    Without consent no price goes below the cost and its rule's minimum margin. With it,
    the cost and `consent_margin` are the floor; below zero is a loss.
    """

    consent_margin = models.DecimalField(
        _("margin consented to, percent"),
        max_digits=8,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_MARGIN)],
        help_text=_(
            "Prices may go down to the cost and this margin; below zero is a loss. Who "
            "writes a number here consents to that, by name. Empty: the minimum margin "
            "of the markup rule holds."
        ),
    )
    consent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("consent by"),
    )
    consent_at = models.DateTimeField(
        _("consented"), null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    consent_margin__isnull=True,
                    consent_by__isnull=True,
                    consent_at__isnull=True,
                )
                | Q(
                    consent_margin__isnull=False,
                    consent_margin__gt=-100,
                    consent_by__isnull=False,
                    consent_at__isnull=False,
                ),
                name="%(class)s_consent_is_whole",
                violation_error_message=_("The margin is above −100 %."),
            ),
        ]


class PriceGroup(Agreement):
    """Customers who pay alike: less a discount, or the cost and a markup of their own."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    discount = percent_field(_("discount, percent"), HUNDRED)
    markup = percent_field(
        _("own markup, percent"),
        MOST_MARKUP,
        help_text=_("On the cost, instead of the markup rules."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta(Agreement.Meta):
        verbose_name = _("price group")
        verbose_name_plural = _("price groups")
        constraints = [
            *Agreement.Meta.constraints,
            models.CheckConstraint(
                condition=Q(discount__isnull=True) | Q(markup__isnull=True),
                name="price_group_discount_or_markup",
                violation_error_message=_("A discount or a markup, not both."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(discount__isnull=True) | Q(discount__gte=0, discount__lte=100)
                )
                & (Q(markup__isnull=True) | Q(markup__gte=0, markup__lte=MOST_MARKUP)),
                name="price_group_percent_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerTerms(Agreement):
    """A customer's group, and a discount of their own, which goes before the group's."""

    customer = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="terms",
        verbose_name=_("customer"),
    )
    group = models.ForeignKey(
        PriceGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("price group"),
    )
    discount = percent_field(
        _("discount, percent"),
        HUNDRED,
        help_text=_("Instead of what the group pays. Empty: as the group pays."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta(Agreement.Meta):
        verbose_name = _("customer's terms")
        verbose_name_plural = _("customers' terms")
        constraints = [
            *Agreement.Meta.constraints,
            models.CheckConstraint(
                condition=Q(discount__isnull=True)
                | Q(discount__gte=0, discount__lte=100),
                name="customer_terms_discount_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer)


class SpecialPrice(Agreement):
    """What one customer, or one group, pays for one service instead of its price."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        # Leads a unique index below.
        db_index=False,
        related_name="special_prices",
        verbose_name=_("customer"),
    )
    group = models.ForeignKey(
        PriceGroup,
        models.CASCADE,
        null=True,
        blank=True,
        # Leads a unique index below.
        db_index=False,
        related_name="special_prices",
        verbose_name=_("price group"),
    )
    service = models.ForeignKey(
        Service,
        models.CASCADE,
        related_name="special_prices",
        verbose_name=_("service"),
    )
    price = MoneyField(
        _("price"),
        validators=[MinValueValidator(Decimal("0.00000001"))],
        help_text=_("Per 1,000, or per package; in the shop's currency."),
    )
    until_date = models.DateField(
        _("until"),
        null=True,
        blank=True,
        help_text=_("The last day on which it holds. Empty: for ever."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta(Agreement.Meta):
        verbose_name = _("special price")
        verbose_name_plural = _("special prices")
        constraints = [
            *Agreement.Meta.constraints,
            models.CheckConstraint(
                condition=Q(customer__isnull=True, group__isnull=False)
                | Q(customer__isnull=False, group__isnull=True),
                name="special_price_for_one_customer_or_group",
                violation_error_message=_("Choose a customer or a group, not both."),
            ),
            models.UniqueConstraint(
                fields=["customer", "service"],
                name="special_price_one_per_customer",
                violation_error_message=_("There is a special price for this already."),
            ),
            models.UniqueConstraint(
                fields=["group", "service"],
                name="special_price_one_per_group",
                violation_error_message=_("There is a special price for this already."),
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0), name="special_price_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.customer or self.group}"
