"""Where an order stands at a moment: pure functions of the record and the time."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.records import Order, Refill, Status

PENDING_SHARE = 0.15
STARTS_SHARE = 0.25
CANCEL_SHARE = 0.05
NEVER_STARTED = {Status.CANCELED, Status.FAILED}


@dataclass(frozen=True, slots=True)
class Standing:
    """Status, units delivered so far, and what the order costs as it stands."""

    status: Status
    delivered: int
    remains: int
    charge: Decimal
    start_count: int


def ends_at(order: Order) -> float:
    """Return the moment, in seconds of the clock, at which `order` is finished."""
    natural = _natural_end(order)
    return natural if order.cancel_at is None else min(natural, order.cancel_at)


def end(order: Order) -> tuple[Status, int]:
    """Return how `order` ends, and the units it has delivered by then.

    A cancel that arrives in the middle leaves a Partial, one that arrives before
    anything was delivered leaves a Canceled.
    """
    if order.cancel_at is None or order.cancel_at >= _natural_end(order):
        return order.outcome, order.will_deliver
    delivered = _delivered(order, order.cancel_at)
    return (Status.PARTIAL if delivered else Status.CANCELED), delivered


def standing(order: Order, now: float) -> Standing:
    """Return where `order` stands at `now`, a time of the sandbox's clock."""
    if order.ended is not None:
        status, delivered = order.ended, order.delivered
    elif now >= ends_at(order):
        status, delivered = end(order)
    else:
        status, delivered = _underway(order, now), _delivered(order, now)
    started = status is Status.IN_PROGRESS or delivered > 0
    return Standing(
        status,
        delivered,
        remains=order.units - delivered,
        charge=_charge(order, status, delivered),
        # Made up from the order's number, so that it is the same at every look.
        start_count=100 + order.id * 37 % 4999 if started else 0,
    )


def refill_status(refill: Refill, now: float) -> Status:
    """Return where `refill` stands at `now`."""
    age = now - refill.asked_at
    if age >= refill.seconds:
        return Status.REJECTED if refill.rejected else Status.COMPLETED
    if age < refill.seconds * STARTS_SHARE:
        return Status.PENDING
    return Status.IN_PROGRESS


def _natural_end(order: Order) -> float:
    share = STARTS_SHARE if order.outcome in NEVER_STARTED else 1.0
    return order.placed_at + order.seconds * share


def _underway(order: Order, now: float) -> Status:
    age = now - order.placed_at
    if age < order.seconds * PENDING_SHARE:
        return Status.PENDING
    if age < order.seconds * STARTS_SHARE:
        return Status.PROCESSING
    return Status.IN_PROGRESS


def _delivered(order: Order, now: float) -> int:
    starts = order.placed_at + order.seconds * STARTS_SHARE
    if now < starts or not order.seconds:
        return 0
    share = (now - starts) / (order.seconds * (1 - STARTS_SHARE))
    return int(order.will_deliver * min(share, 1.0))


def _charge(order: Order, status: Status, delivered: int) -> Decimal:
    """Return the charge: in full, but for what an ended order leaves undone."""
    if status in NEVER_STARTED:
        return Decimal(0)
    if status is not Status.PARTIAL:
        return order.charge
    return (order.charge * delivered / order.units).quantize(Decimal("0.00001"))
