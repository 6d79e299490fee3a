"""Reading tickets. Customers reach everything through themselves."""

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from accounts.models import User
from support.enums import State
from support.models import Attachment, CannedAnswer, Message, Ticket


def tickets_of(*, customer: User) -> QuerySet[Ticket]:
    """Return the customer's tickets, those with the newest message first."""
    return Ticket.objects.filter(customer=customer).order_by("-newest")


def ticket_of(*, customer: User, ticket_id: int) -> Ticket | None:
    """Return the customer's ticket of that number, or None: nobody else's is found."""
    return tickets_of(customer=customer).filter(pk=ticket_id).first()


def messages_of(*, ticket: Ticket) -> QuerySet[Message]:
    """Return what is written in a ticket, oldest first, with its files' names."""
    files = Attachment.objects.defer("content").order_by("position")
    return (
        ticket.messages.select_related("author")
        .prefetch_related(Prefetch("attachments", queryset=files))
        .order_by("pk")
    )


def attachments_of(*, ticket: Ticket) -> QuerySet[Attachment]:
    """Return all files of a ticket, with their content."""
    return Attachment.objects.filter(message__ticket=ticket)


def unanswered() -> int:
    """Return how many tickets wait for staff."""
    return Ticket.objects.filter(state=State.OPEN).count()


def canned_text(*, answer: CannedAnswer, customer: User) -> str:
    """Return a canned answer in the customer's language, else in the shop's, or any."""
    texts = dict(answer.texts.order_by("pk").values_list("language", "text"))
    for language in (customer.language, settings.LANGUAGE_CODE):
        if language in texts:
            return texts[language]
    return next(iter(texts.values()), "")
