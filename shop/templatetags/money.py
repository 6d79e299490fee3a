"""Money in templates."""

from decimal import ROUND_FLOOR, Decimal

from django import template
from django.conf import settings

from shop.money import show

register = template.Library()
register.filter("money", show)

_WITHOUT_CENTS = {"KRW", "JPY", "VND"}


@register.filter
def money_short(amount: Decimal) -> str:
    """Return `amount` with the currency's usual decimals, rounded down.

    For a balance at a glance: nobody is shown more than there is.
    """
    places = "1" if settings.SHOP_CURRENCY in _WITHOUT_CENTS else "0.01"
    return show(amount.quantize(Decimal(places), ROUND_FLOOR))


@register.filter
def signed(amount: Decimal) -> str:
    """Return `amount` with its sign, also where it is a plus."""
    return f"+{show(amount)}" if amount > 0 else show(amount)
