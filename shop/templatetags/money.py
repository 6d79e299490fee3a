"""Money in templates."""

from decimal import ROUND_FLOOR, Decimal

from django import template
from django.conf import settings
from django.utils.html import format_html

from shop.display import about
from shop.money import WITHOUT_CENTS, show

register = template.Library()
register.filter("money", show)
register.filter("about", about)


@register.filter
def money_short(amount: Decimal) -> str:
    """Return `amount` with the currency's usual decimals, rounded down.

    For a balance at a glance: nobody is shown more than there is.
    """
    places = "1" if settings.SHOP_CURRENCY in WITHOUT_CENTS else "0.01"
    return show(amount.quantize(Decimal(places), ROUND_FLOOR))


@register.filter
def signed(amount: Decimal) -> str:
    """Return `amount` with its sign, also where it is a plus."""
    return f"+{show(amount)}" if amount > 0 else show(amount)


@register.filter
def seen(amount: Decimal) -> str:
    """Return `amount` in the currency that the customer chose to see, if they did.

    What it is in the shop's own stands beside it for screen readers, and as a tooltip.
    """
    return _seen(amount, show(amount))


@register.filter
def seen_short(amount: Decimal) -> str:
    """Return the same at a glance, as `money_short` does."""
    return _seen(amount, money_short(amount))


@register.filter
def both(amount: Decimal) -> str:
    """Return `amount`, and in brackets what it is in the currency chosen to be seen."""
    other = about(amount)
    return f"{show(amount)} ({other})" if other else show(amount)


def _seen(amount: Decimal, own: str) -> str:
    other = about(amount)
    if not other:
        return own
    return format_html(
        '<span title="{}">{}<span class="sr-only"> ({})</span></span>', own, other, own
    )
