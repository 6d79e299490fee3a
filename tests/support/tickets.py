"""Tickets for tests, made by the same action as real ones."""

from typing import Any

from accounts.models import User
from support import actions
from support.enums import Category
from support.models import Attachment, Message, Ticket


def open_ticket(customer: User, **fields: Any) -> Ticket:
    values: dict[str, Any] = {
        "category": Category.OTHER,
        "subject": "A question",
        "text": "How?",
        **fields,
    }
    ticket = actions.open_ticket(customer=customer, **values)
    ticket.refresh_from_db()
    return ticket


def written(ticket: Ticket) -> list[tuple[bool, str]]:
    """Return what is written in a ticket, oldest first, with whether the shop wrote it."""
    return list(ticket.messages.order_by("pk").values_list("by_staff", "text"))


def kept() -> tuple[int, int, int]:
    return Ticket.objects.count(), Message.objects.count(), Attachment.objects.count()
