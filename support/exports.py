"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from django.db.models import Prefetch

from accounts.models import User
from shop.sheets import Sheet
from support.models import Attachment, Message

# Not their content, which may be large.
NAMES = Attachment.objects.only("message_id", "name").order_by("position")


def export(user: User) -> Iterator[Sheet]:
    """Return what was written in the customer's tickets, oldest first.

    Files are named; their content is on the tickets' pages.
    """
    messages = (
        Message.objects.filter(ticket__customer=user)
        .select_related("ticket")
        .prefetch_related(Prefetch("attachments", NAMES))
        .order_by("pk")
    )
    yield Sheet(
        "tickets",
        ["ticket", "subject", "state", "time", "by", "text", "files"],
        map(_row, messages.iterator(chunk_size=500)),
    )


def _row(row: Message) -> list[object]:
    return [
        row.ticket_id,
        row.ticket.subject,
        row.ticket.state,
        row.created_at,
        "shop" if row.by_staff else "you",
        row.text,
        ", ".join(file.name for file in row.attachments.all()),
    ]
