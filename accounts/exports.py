"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from accounts.browsers import in_words
from accounts.models import User
from shop.sheets import Sheet


def profile(user: User) -> dict[str, object]:
    """Return who somebody is to the shop."""
    return {
        "number": user.pk,
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone or "UTC",
        "display_currency": user.display_currency,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "api_networks": user.api_networks,
    }


def export(user: User) -> Iterator[Sheet]:
    """Return the hints of the user's keys, and where they are logged in."""
    yield Sheet(
        "api-keys",
        ["begins_with", "created_at", "last_used_at", "revoked_at"],
        user.api_keys.order_by("id").values_list(
            "hint", "created_at", "last_used_at", "revoked_at"
        ),
    )
    yield Sheet(
        "log-ins",
        ["address", "browser", "created_at", "seen_at"],
        (
            (row.address, in_words(row.browser), row.created_at, row.seen_at)
            for row in user.log_ins.order_by("created_at")
        ),
    )
