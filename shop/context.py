"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from ledger import queries


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the shop's name and currency, and the signed-in customer's balance."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_currency": settings.SHOP_CURRENCY,
        "languages": settings.LANGUAGES,
        "demo": settings.DEMO,
        "balance": queries.balance(customer=user) if signed_in else None,
    }
