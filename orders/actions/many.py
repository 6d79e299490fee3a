"""Asking for the same about many orders: each by itself, each with an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from orders.actions.requesting import cancel_order, request_refill
from orders.enums import RequestKind
from orders.errors import OrderError
from orders.models import Order
from orders.queries import orders_by_ids

MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Answer:
    """What came of one number, in the customer's words; no order where it is not theirs."""

    order_id: int
    order: Order | None
    done: bool
    text: str


def ask_for_many(
    *, customer: User, kind: RequestKind, order_ids: Sequence[int], by: User
) -> list[Answer]:
    """Ask for a refill or a cancel of each of the customer's orders.

    Each number is answered once, in the order given. Every order is a step of its own:
    what one is refused for, or a crash halfway, leaves the others as they are. Raises
    OrderError, with nothing asked for, where there are more than MOST_AT_ONCE.
    """
    numbers = list(dict.fromkeys(order_ids))
    if len(numbers) > MOST_AT_ONCE:
        raise OrderError(_("At most %(most)d orders at once.") % {"most": MOST_AT_ONCE})
    orders = orders_by_ids(customer=customer, order_ids=numbers)
    return [_answer(number, orders.get(number), kind, by) for number in numbers]


def _answer(number: int, order: Order | None, kind: RequestKind, by: User) -> Answer:
    if order is None:
        return Answer(number, None, done=False, text=_("Incorrect order ID"))
    try:
        text = _refill(order, by) if kind == RequestKind.REFILL else _cancel(order, by)
    except OrderError as error:
        return Answer(number, order, done=False, text=error.message)
    return Answer(number, order, done=True, text=text)


def _refill(order: Order, by: User) -> str:
    request_refill(order=order, by=by)
    return _("The refill was asked for.")


def _cancel(order: Order, by: User) -> str:
    if cancel_order(order=order, by=by):
        return _("Cancelling was asked for. What is not delivered will be refunded.")
    return _("The order is cancelled, and its charge is back on your balance.")
