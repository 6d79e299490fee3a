"""The calls of the protocol. They do what the pages do, through the same actions."""

from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import TypeVar

from django.conf import settings

from accounts.models import User
from api import answers
from api.answers import Json
from api.errors import ORDER_WORDINGS, RefusedError, Wording
from api.ids import Ids, read_ids, read_number
from api.reading import Call
from orders import actions
from orders.enums import Source
from orders.errors import NotYetError, OrderError
from orders.intake import FieldErrors
from orders.models import Order
from orders.queries import orders_by_ids, parts_by_ids, parts_of, refills_by_ids
from provider.enums import ChangeKind
from provider.prices import with_prices
from provider.protocol.types import TYPES
from provider.queries import catalogue, updates
from provider.translations import localise

ORDER_FIELDS = frozenset(name for rule in TYPES.values() for name in rule.fields)
# Rows of a call for updates.
UPDATES = 100

Row = TypeVar("Row")
Act = Callable[[str], Json]


def answer(*, customer: User, call: Call) -> Json:
    """Do what `call` asks for the customer, and return the reply.

    Raises RefusedError where the call as a whole is refused; where several ids were
    asked about, each has its own answer.
    """
    action = ACTIONS.get(call.action)
    if action is None:
        raise RefusedError(Wording.ACTION)
    return action(customer, call)


def _balance(customer: User, call: Call) -> Json:
    return answers.balance(customer)


def _services(customer: User, call: Call) -> Json:
    found = catalogue().only(*answers.SERVICE_COLUMNS)
    services = list(with_prices(found, customer=customer))
    localise(services=services, language=customer.language or settings.LANGUAGE_CODE)
    return [answers.service(service) for service in services]


def _updates(customer: User, call: Call) -> Json:
    """Return what happened to services, newest first: at most UPDATES in one call."""
    kind = call.fields.get("kind", "").strip()
    if kind and kind not in ChangeKind.values:
        raise RefusedError(Wording.KIND)
    before = call.fields.get("before", "").strip()
    number = read_number(before)
    if before and not number:
        raise RefusedError(Wording.BEFORE)
    return [
        answers.update(change)
        for change in updates(kind=kind, before=number or None)[:UPDATES]
    ]


def _add(customer: User, call: Call) -> Json:
    service_id = read_number(call.fields.get("service", "").strip())
    if not service_id:
        raise RefusedError(Wording.SERVICE)
    # What no type knows may differ from one try to the next, and still be the same order.
    raw = {name: text for name, text in call.fields.items() if name in ORDER_FIELDS}
    try:
        order = actions.place_order(
            customer=customer,
            service_id=service_id,
            raw=raw,
            source=Source.API,
            idempotency_key=call.idempotency_key,
            reference=call.fields.get("reference", ""),
        )
    except FieldErrors as error:
        name, messages = next(iter(error.errors.items()))
        raise RefusedError(f"Incorrect {name}. {messages[0]}") from error
    except OrderError as error:
        raise _refused(error) from error
    return {"order": order.pk}


def _status(customer: User, call: Call) -> Json:
    """Answer for orders, and by the same name for the runs and posts of orders."""
    ids = read_ids(call.fields, "order")
    numbers = [*ids.numbers.values()]
    orders = orders_by_ids(customer=customer, order_ids=numbers)
    parts = parts_of(orders=orders.values())
    rows: dict[int, Json] = {
        number: answers.part(part)
        for number, part in parts_by_ids(customer=customer, ids=numbers).items()
    }
    rows |= {
        number: answers.order(order, parts[number]) for number, order in orders.items()
    }
    show = _by_text(ids, rows, lambda reply: reply, Wording.ORDER)
    if ids.many:
        return {text: _or_error(show, text) for text in ids.numbers}
    return show(ids.only)


def _refill(customer: User, call: Call) -> Json:
    ids, refill = _orders(customer, call, partial(_ask_for_refill, customer))
    if ids.many:
        return _rows(ids, "order", "refill", refill)
    return {"refill": str(refill(ids.only))}


def _cancel(customer: User, call: Call) -> Json:
    ids, cancel = _orders(customer, call, partial(_ask_to_cancel, customer))
    if ids.many:
        return _rows(ids, "order", "cancel", cancel)
    return {"order": ids.numbers[ids.only], "cancel": cancel(ids.only)}


def _refill_status(customer: User, call: Call) -> Json:
    ids = read_ids(call.fields, "refill")
    refills = refills_by_ids(customer=customer, ids=[*ids.numbers.values()])
    show = _by_text(ids, refills, answers.refill_status, Wording.REFILL)
    if ids.many:
        return _rows(ids, "refill", "status", show)
    return {"status": show(ids.only)}


def _ask_for_refill(customer: User, order: Order) -> int:
    try:
        return actions.request_refill(order=order, by=customer).pk
    except OrderError as error:
        raise _refused(error) from error


def _ask_to_cancel(customer: User, order: Order) -> int:
    """Return 1: the request was taken. What it came to, the order's status says."""
    try:
        actions.cancel_order(order=order, by=customer)
    except OrderError as error:
        raise _refused(error) from error
    return 1


def _refused(error: OrderError) -> RefusedError:
    if isinstance(error, NotYetError):
        # Programs read it: in UTC, whatever the shop's time zone and language are.
        time = f"{error.possible_from.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return RefusedError(f"{error.reason} Possible from {time}")
    return RefusedError(ORDER_WORDINGS.get(error.code, error.message))


def _orders(
    customer: User, call: Call, act: Callable[[Order], Json]
) -> tuple[Ids, Act]:
    """Return the ids of a call about orders, and `act` for each of their texts."""
    ids = read_ids(call.fields, "order")
    orders = orders_by_ids(customer=customer, order_ids=[*ids.numbers.values()])
    return ids, _by_text(ids, orders, act, Wording.ORDER)


def _by_text(
    ids: Ids, rows: Mapping[int, Row], act: Callable[[Row], Json], missing: Wording
) -> Act:
    """Return `act` as a function of an id's text; `missing` is said of what is not there.

    `rows` are the customer's own: somebody else's row is missing like one that never was.
    """

    def act_on(text: str) -> Json:
        row = rows.get(ids.numbers[text])
        if row is None:
            raise RefusedError(missing)
        return act(row)

    return act_on


def _rows(ids: Ids, asked: str, told: str, act: Act) -> Json:
    """Return a row for each id: which was asked, and what `act` tells about it."""
    return [
        # An id is a number here, unless it never was one.
        {asked: number or text, told: _or_error(act, text)}
        for text, number in ids.numbers.items()
    ]


def _or_error(act: Act, text: str) -> Json:
    try:
        return act(text)
    except RefusedError as refusal:
        return {"error": str(refusal)}


ACTIONS: Mapping[str, Callable[[User, Call], Json]] = {
    "balance": _balance,
    "services": _services,
    "updates": _updates,
    "add": _add,
    "status": _status,
    "refill": _refill,
    "refill_status": _refill_status,
    "cancel": _cancel,
}
