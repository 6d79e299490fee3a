"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from accounts.models import User
from notices.models import Notice
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return what the customer was told, newest first."""
    told = Notice.objects.filter(user=user).order_by("-pk")
    yield Sheet(
        "notices",
        ["time", "subject", "text", "read_at"],
        told.values_list("created_at", "subject", "text", "read_at").iterator(
            chunk_size=500
        ),
    )
