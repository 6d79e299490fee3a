"""What staff answer."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from notices import actions as notices
from notices.enums import Kind
from support.actions.adding import add_message
from support.enums import State
from support.limits import read_text
from support.models import Message, Ticket


@transaction.atomic(durable=True)
def answer(*, ticket: Ticket, text: str, by: User, close: bool = False) -> Message:
    """Answer a ticket, close it if that is all, and tell its customer by mail, too.

    Raises SupportError where there is no text, or too much of it.
    """
    said = read_text(text)
    locked = (
        Ticket.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer")
        .get(pk=ticket.pk)
    )
    state = State.CLOSED if close else State.ANSWERED
    message = add_message(locked, author=by, by_staff=True, text=said, state=state)
    _tell(locked, message)
    return message


def _tell(ticket: Ticket, message: Message) -> None:
    with translation.override(ticket.customer.language or settings.LANGUAGE_CODE):
        subject = _("Ticket %(number)d: we have answered") % {"number": ticket.pk}
    notices.tell(
        user_id=ticket.customer_id,
        kind=Kind.TICKET,
        key=f"ticket-message:{message.pk}",
        subject=subject,
        text=message.text,
        url=reverse("ticket", args=[ticket.pk]),
    )
