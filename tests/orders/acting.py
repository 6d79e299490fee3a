"""A provider that says what a test tells it to, and orders brought to where one begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.db.models.functions import Now

from accounts.models import User
from ledger.models import Transfer
from ledger.queries import balance
from notices.models import Notice
from orders import actions
from orders.models import Attempt, Delivery, Order, OrderEvent, OrderRequest
from provider.client import CallFailed, Exchange
from provider.models import Reply
from provider.protocol.replies import (
    AddAnswer,
    AddOutcome,
    CancelAnswer,
    IdError,
    ListedOrder,
    RefillAnswer,
    RefillStatusRow,
    RequestOutcome,
    StatusRow,
)
from provider.protocol.statuses import RefillStatus, UpstreamStatus
from tests.factories import make_order

EXCHANGE = Exchange("add", 200, "{}", "", 0.05)
TIMED_OUT = AddAnswer(AddOutcome.UNKNOWN, error="timeout")
NO_FUNDS = AddAnswer(AddOutcome.HELD_FUNDS, error="Not enough funds")
REFUSED = AddAnswer(AddOutcome.REFUSED, error="Incorrect link")
REFILL_ACCEPTED = RefillAnswer(RequestOutcome.ACCEPTED, "7")
CANCEL_ACCEPTED = CancelAnswer(RequestOutcome.ACCEPTED)
numbers = count(50_001)


class WorkerDied(Exception):
    """A worker that is gone before its answer came."""


def accepted_as(upstream_id: str | None = None) -> AddAnswer:
    return AddAnswer(AddOutcome.ACCEPTED, upstream_id or str(next(numbers)))


def call_failed(
    reason: str = "timeout", retry_after: float | None = None, text: str = ""
) -> CallFailed:
    return CallFailed(reason, f"It failed: {reason}", EXCHANGE, retry_after, text)


@dataclass
class Script:
    """What the provider says next, and what it was asked. No line is needed for it."""

    add: Callable[[dict[str, str]], AddAnswer] = lambda fields: accepted_as()
    statuses: dict[str, StatusRow | IdError] = field(default_factory=dict)
    refill: RefillAnswer = REFILL_ACCEPTED
    cancel: CancelAnswer = CANCEL_ACCEPTED
    # Where a provider says of some orders what it does not say of the others.
    refill_of: dict[str, RefillAnswer] = field(default_factory=dict)
    cancel_of: dict[str, CancelAnswer] = field(default_factory=dict)
    refills: dict[str, RefillStatusRow] = field(default_factory=dict)
    failure: Callable[[Sequence[str]], Exception | None] = lambda ids: None
    orders: list[ListedOrder] = field(default_factory=list)
    one_by_one: bool = False
    calls: list[tuple[str, object]] = field(default_factory=list)

    def asked(self, action: str) -> list[object]:
        return [given for name, given in self.calls if name == action]


@dataclass
class ScriptedClient:
    """Stands where provider.client.Client does."""

    script: Script

    def add(self, fields: dict[str, str]) -> tuple[AddAnswer, Exchange]:
        self.script.calls.append(("add", fields))
        return self.script.add(fields), EXCHANGE

    def statuses(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, StatusRow | IdError], Exchange]:
        self._ask("statuses", ids)
        known = self.script.statuses
        return {name: known[name] for name in ids if name in known}, EXCHANGE

    def orders(self) -> tuple[list[ListedOrder], Exchange]:
        self._ask("orders", [])
        return self.script.orders, EXCHANGE

    def refill(self, ids: Sequence[str]) -> tuple[dict[str, RefillAnswer], Exchange]:
        self._ask("refill", ids)
        script = self.script
        answers = {name: script.refill_of.get(name, script.refill) for name in ids}
        return answers, EXCHANGE

    def cancel(self, ids: Sequence[str]) -> tuple[dict[str, CancelAnswer], Exchange]:
        self._ask("cancel", ids)
        script = self.script
        answers = {name: script.cancel_of.get(name, script.cancel) for name in ids}
        return answers, EXCHANGE

    def refill_statuses(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, RefillStatusRow], Exchange, bool]:
        self._ask("refill_statuses", ids)
        known = self.script.refills
        rows = {name: known[name] for name in ids if name in known}
        return rows, EXCHANGE, self.script.one_by_one

    def _ask(self, action: str, ids: Sequence[str]) -> None:
        self.script.calls.append((action, list(ids)))
        if failure := self.script.failure(ids):
            raise failure


def says(
    status: UpstreamStatus | None,
    *,
    charge: str | None = None,
    remains: int | str | None = None,
    given: str = "",
    currency: str | None = None,
    quantity: int | None = None,
    orders: Sequence[str] = (),
) -> StatusRow:
    """Return a status as it is read from a reply; a charge of "?" cannot be read."""
    return StatusRow(
        status=status,
        status_given=given or (status or "Sideways").title(),
        charge=None if charge in (None, "?") else Decimal(charge),
        charge_given=charge or "",
        remains=remains if isinstance(remains, int) else None,
        remains_given="" if remains is None else str(remains),
        currency=currency,
        quantity=quantity,
        orders=tuple(orders),
    )


def refill_says(status: RefillStatus | None, given: str = "") -> RefillStatusRow:
    return RefillStatusRow(status, given or (status or "Sideways"))


def again(order: Order) -> Order:
    """Return the order as it is in the database now."""
    return Order.objects.select_related("service", "provider", "customer").get(
        pk=order.pk
    )


def make_due(row: Order | OrderRequest | Delivery) -> None:
    """Move a row's next look into the past."""
    type(row).objects.filter(pk=row.pk).update(next_at=Now() - timedelta(minutes=1))


def send_requests(order: Order) -> None:
    """Have the provider of an order asked for what is due there."""
    actions.send_requests(provider_id=order.provider_id or 0)


def seconds_ahead(row: Order | OrderRequest | Delivery) -> float:
    """Return in how many seconds a row is looked at again, by the database's clock."""
    rows = type(row).objects.filter(pk=row.pk).values_list("next_at", Now())
    ((next_at, now),) = rows
    seconds: float = (next_at - now).total_seconds()
    return seconds


def sending(script: Script, order: Order | None = None) -> Attempt:
    """Return the open attempt of an order whose worker died while it was sent."""

    def die(fields: dict[str, str]) -> AddAnswer:
        raise WorkerDied

    order = order or make_order()
    before, script.add = script.add, die
    try:
        actions.submit(order_id=order.pk)
    except WorkerDied:
        script.add = before
    return order.attempts.select_related("order", "provider").latest("no")


def answer(attempt: Attempt, what: AddAnswer) -> Order:
    """Apply an answer to an attempt and return its order."""
    actions.apply_answer(attempt=attempt, answer=what, exchange=EXCHANGE)
    return again(attempt.order)


def accepted(
    script: Script, order: Order | None = None, upstream_id: str | None = None
) -> Order:
    """Return an order that a provider has accepted."""
    return answer(sending(script, order), accepted_as(upstream_id))


def tracked(script: Script, order: Order, row: StatusRow | IdError | None) -> Order:
    """Make the order due, let its provider say `row`, and return the order."""
    script.statuses = {} if row is None else {order.upstream_id or "": row}
    make_due(order)
    actions.track(provider_id=order.provider_id or 0)
    return again(order)


def told(script: Script, order: Order, rows: dict[str, StatusRow | IdError]) -> Order:
    """Make an order and its parts due, let their provider say `rows`, as often as
    anything of it is due then, and return the order."""
    script.statuses = dict(rows)
    make_due(order)
    for delivery in order.deliveries.exclude(next_at=None):
        make_due(delivery)
    for _ in range(5):
        actions.track(provider_id=order.provider_id or 0)
    return again(order)


def completed(script: Script, order: Order | None = None) -> Order:
    """Return an order that is completed."""
    order = order or accepted(script)
    return tracked(script, order, says(UpstreamStatus.COMPLETED, charge="1"))


Book = tuple[Decimal, int, int, int, int]


def book(customer: User) -> Book:
    """Return all that may not change where nothing happens."""
    return (
        balance(customer=customer),
        Transfer.objects.count(),
        OrderEvent.objects.count(),
        Notice.objects.count(),
        Reply.objects.count(),
    )


def staff_alerts() -> list[str]:
    return list(
        Notice.objects.filter(user=None)
        .order_by("id")
        .values_list("subject", flat=True)
    )


def reasons(order: Order) -> list[str]:
    return list(order.events.order_by("id").values_list("reason", flat=True))
