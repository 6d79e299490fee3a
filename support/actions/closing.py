"""Closing a ticket."""

from django.db import transaction
from django.db.models.functions import Now

from support.enums import State
from support.models import Ticket


@transaction.atomic(durable=True)
def close(*, ticket: Ticket) -> bool:
    """Close a ticket; return whether it was open. What its customer writes reopens it."""
    open_one = Ticket.objects.filter(pk=ticket.pk).exclude(state=State.CLOSED)
    return bool(open_one.update(state=State.CLOSED, closed_at=Now()))
