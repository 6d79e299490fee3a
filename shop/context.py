"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from content.frame import Headline, frame
from content.queries import standing
from content.views import SEEN
from ledger import queries
from notices import queries as notices
from shop.canonical import canonical
from shop.navigation import Navigation

# The pages on which the newest news is told.
TELLING = {"home", "choose_service"}


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the shop's name and currency, its pages, the customer's balance and notices.

    What only some pages show is read when they do.
    """
    # An error page may be rendered before anybody was recognised.
    user = getattr(request, "user", None)
    around = frame()
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_currency": settings.SHOP_CURRENCY,
        "languages": settings.LANGUAGES,
        "demo": settings.DEMO,
        "navigation": Navigation(request, without=around.empty),
        "frame": around,
        "canonical": SimpleLazyObject(lambda: canonical(request)),
        "headline": _headline(request, around.headline),
        "terms_in_force": SimpleLazyObject(
            lambda: standing(user_id=user.pk if isinstance(user, User) else None)
        ),
        "balance": queries.balance(customer=user) if isinstance(user, User) else None,
        "unread_notices": SimpleLazyObject(lambda: notices.unread(user=user))
        if isinstance(user, User)
        else 0,
    }


def _headline(request: HttpRequest, newest: Headline | None) -> Headline | None:
    """Return the news to tell on the first pages, until its reader puts it away."""
    match = request.resolver_match
    if newest is None or match is None or match.url_name not in TELLING:
        return None
    seen = request.COOKIES.get(SEEN) == newest.slug
    return newest if newest.is_fresh and not seen else None
