"""Opening a ticket, and doing at once what can be done about its orders."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import User
from notices import actions as notices
from orders import actions as orders
from orders.enums import RequestKind
from orders.models import Order
from orders.queries import orders_by_ids
from support.actions.adding import add_message, insist_on_room, lock_customer
from support.enums import AT_ONCE, Category, State, Wish
from support.errors import SupportError
from support.limits import File, count_writing, read_files, read_text
from support.models import Ticket
from support.models.tickets import LONGEST_SUBJECT


def open_ticket(
    *,
    customer: User,
    category: Category,
    subject: str = "",
    text: str = "",
    wish: Wish = Wish.NONE,
    order_ids: Sequence[int] = (),
    files: Sequence[tuple[str, bytes]] = (),
    token: str = "",
) -> Ticket:
    """Open a ticket and return it.

    1. What is written is read, and counted against the customer's limits.
    2. In one transaction: the ticket, its first message and the files, and an alert where
       people are to read it. Whatever comes after, it stands and waits for staff.
    3. A refill or a cancel is asked for, order by order, each in a step of its own.
    4. What came of each is the first answer. It is all, and the ticket is answered,
       unless the customer has written something that staff should read.

    A `token` that has made a ticket already returns that one. Raises SupportError where
    it is not taken, with nothing done.
    """
    wish = wish if category == Category.ORDER else Wish.NONE
    numbers = list(dict.fromkeys(order_ids)) if category == Category.ORDER else []
    found = _insist_on_orders(customer, wish, numbers)
    taken = read_files(files)
    needed = not wish or wish == Wish.OTHER
    said = read_text(text) if needed or text.strip() else ""
    if (twin := _twin(customer, token)) is not None:
        return twin
    count_writing(customer=customer, files=len(taken))
    ticket, made = _open(
        customer=customer,
        category=category,
        wish=wish,
        subject=_subject(wish, numbers, subject, said),
        text=said or _words(wish, numbers),
        orders=found,
        files=taken,
        token=token,
        waits=bool(said) or wish not in AT_ONCE,
    )
    if made and wish in AT_ONCE:
        answers = orders.ask_for_many(
            customer=customer,
            kind=RequestKind(wish.value),
            order_ids=numbers,
            by=customer,
        )
        _note_answers(ticket=ticket, answers=answers, wait=bool(said))
    return ticket


def _insist_on_orders(
    customer: User, wish: Wish, numbers: Sequence[int]
) -> list[Order]:
    """Return the customer's orders of those numbers.

    A refill or cancel answers for numbers that are not theirs like for all others; where
    people do the work, they are not given a number that says nothing to them.
    """
    if wish and wish != Wish.OTHER and not numbers:
        raise SupportError(_("Please give the numbers of the orders."), field="orders")
    if len(numbers) > orders.MOST_AT_ONCE:
        raise SupportError(
            _("At most %(most)d orders at once.") % {"most": orders.MOST_AT_ONCE},
            field="orders",
        )
    found = orders_by_ids(customer=customer, order_ids=numbers)
    missing = [str(number) for number in numbers if number not in found]
    if missing and (wish not in AT_ONCE or not found):
        raise SupportError(
            f"{_('Incorrect order ID')}: {', '.join(missing)}", field="orders"
        )
    return [found[number] for number in numbers if number in found]


def _twin(customer: User, token: str) -> Ticket | None:
    if not token:
        return None
    return Ticket.objects.filter(customer=customer, token=token).first()


@transaction.atomic(durable=True)
def _open(
    *,
    customer: User,
    category: Category,
    wish: Wish,
    subject: str,
    text: str,
    orders: Sequence[Order],
    files: Sequence[File],
    token: str,
    waits: bool,
) -> tuple[Ticket, bool]:
    """Return the ticket, and whether it is new."""
    lock_customer(customer)
    if (twin := _twin(customer, token)) is not None:
        return twin, False
    insist_on_room(customer)
    ticket = Ticket.objects.create(
        customer=customer,
        category=category,
        wish=wish,
        subject=subject,
        state=State.OPEN,
        token=token,
    )
    ticket.orders.set(orders)
    add_message(ticket, author=customer, text=text, files=files)
    if waits:
        notices.tell_staff(
            key=f"ticket:{ticket.pk}",
            subject=f"Ticket {ticket.pk}: {subject}",
            text=f"{customer} wrote:\n\n{text}",
        )
    return ticket, True


@transaction.atomic(durable=True)
def _note_answers(
    *, ticket: Ticket, answers: Sequence[orders.Answer], wait: bool
) -> None:
    """Write what came of each order as the shop's first answer."""
    locked = Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk)
    text = "\n".join(f"#{answer.order_id}: {answer.text}" for answer in answers)
    state = State(locked.state) if wait else State.ANSWERED
    add_message(locked, author=None, by_staff=True, text=text, state=state)


def _subject(wish: Wish, numbers: Sequence[int], given: str, text: str) -> str:
    """Return what the ticket is called: as given, by its wish, or by its first line."""
    shown = ", ".join(f"#{number}" for number in numbers[:3])
    wished = f"{wish.label}: {shown}{', …' if len(numbers) > 3 else ''}"
    named = wish not in {Wish.NONE, Wish.OTHER}
    title = given.strip() or (wished if named else text.partition("\n")[0])
    return Truncator(" ".join(title.split())).chars(LONGEST_SUBJECT)


def _words(wish: Wish, numbers: Sequence[int]) -> str:
    """Return what somebody has said who only chose a wish and gave numbers."""
    return f"{wish.label}: {', '.join(f'#{number}' for number in numbers)}"
