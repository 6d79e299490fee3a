"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from accounts.models import User
from content.queries import acceptances
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return which versions of the terms the customer accepted, when and from where."""
    yield Sheet(
        "terms",
        ["version", "accepted_at", "by", "address"],
        (
            (row.version.number, row.accepted_at, row.where, row.address)
            for row in acceptances(user_id=user.pk)
        ),
    )
