"""What the customer writes in a ticket that there is."""

from collections.abc import Sequence

from django.db import transaction

from support.actions.adding import add_message, insist_on_room, lock_customer
from support.limits import File, count_writing, read_files, read_text
from support.models import Message, Ticket


def write(
    *, ticket: Ticket, text: str, files: Sequence[tuple[str, bytes]] = ()
) -> Message:
    """Add what the customer writes; the ticket waits for staff, also if it was closed.

    The same once more, right after it, is the message that there is. Raises SupportError
    where it is not taken, with nothing done.
    """
    said, taken = read_text(text), read_files(files)
    count_writing(customer=ticket.customer, files=len(taken))
    return _write(ticket=ticket, text=said, files=taken)


@transaction.atomic(durable=True)
def _write(*, ticket: Ticket, text: str, files: Sequence[File]) -> Message:
    lock_customer(ticket.customer)
    locked = Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk)
    last = locked.messages.order_by("-pk").first()
    if last and not last.by_staff and last.text == text and not files:
        return last
    if locked.is_closed:
        insist_on_room(ticket.customer)
    return add_message(locked, author=ticket.customer, text=text, files=files)
