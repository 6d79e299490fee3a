"""Putting a message into a ticket; inside the caller's step."""

from collections.abc import Sequence

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from support.enums import State
from support.errors import SupportError
from support.limits import MOST_OPEN, File
from support.models import Attachment, Message, Ticket


def lock_customer(customer: User) -> None:
    """Lock a customer's row, so that of two forms at once both are not the last one."""
    User.objects.select_for_update(no_key=True).get(pk=customer.pk)


def insist_on_room(customer: User) -> None:
    """Raise SupportError where the customer has as many open tickets as may be."""
    tickets = Ticket.objects.filter(customer=customer)
    if tickets.exclude(state=State.CLOSED).count() >= MOST_OPEN:
        raise SupportError(
            _("You have %(most)d open tickets. Please close one of them first.")
            % {"most": MOST_OPEN}
        )


def add_message(
    ticket: Ticket,
    *,
    author: User | None,
    text: str,
    by_staff: bool = False,
    files: Sequence[File] = (),
    state: State = State.OPEN,
) -> Message:
    """Write a message into a ticket that is locked or new, and set whose turn it is."""
    message = Message.objects.create(
        ticket=ticket, author=author, by_staff=by_staff, text=text
    )
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            position=position,
            name=file.name,
            kind=file.kind,
            content=file.content,
        )
        for position, file in enumerate(files, start=1)
    )
    ticket.state = state
    ticket.newest = message.pk
    ticket.updated_at = Now()
    ticket.closed_at = Now() if state == State.CLOSED else None
    ticket.save(update_fields=["state", "newest", "updated_at", "closed_at"])
    return message
