"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from ledger import queries
from notices import queries as notices
from shop.navigation import Navigation


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the shop's name and currency, its pages, the customer's balance and notices.

    The notices are counted where a page shows their number, and for nobody else.
    """
    # An error page may be rendered before anybody was recognised.
    user = getattr(request, "user", None)
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_currency": settings.SHOP_CURRENCY,
        "languages": settings.LANGUAGES,
        "demo": settings.DEMO,
        "navigation": Navigation(request),
        "balance": queries.balance(customer=user) if isinstance(user, User) else None,
        "unread_notices": SimpleLazyObject(lambda: notices.unread(user=user))
        if isinstance(user, User)
        else 0,
    }
