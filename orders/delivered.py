"""What came of an order that upstream delivers in parts: pure reading, no writing.

A drip-feed makes an order for each run, a subscription one for each post. The units of
a run are known; those of a post only by what was charged for it, between the least and
the most that the customer asked for. What cannot be told is never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from orders.charges import charge_of, cost_nothing
from orders.enums import FINISHED, STATUS_MOVES, Status
from orders.models import Delivery, Order
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.statuses import UpstreamStatus
from provider.protocol.types import ServiceType
from shop.money import due, plain

STILL_OPEN: Mapping[UpstreamStatus, Status] = {
    UpstreamStatus.PENDING: Status.PENDING,
    UpstreamStatus.PROCESSING: Status.PROCESSING,
    UpstreamStatus.IN_PROGRESS: Status.IN_PROGRESS,
    UpstreamStatus.PAUSED: Status.PAUSED,
}
_ENDS: Mapping[UpstreamStatus, Status] = {
    UpstreamStatus.COMPLETED: Status.COMPLETED,
    UpstreamStatus.PARTIAL: Status.PARTIAL,
    UpstreamStatus.EXPIRED: Status.PARTIAL,
    UpstreamStatus.CANCELED: Status.CANCELED,
    UpstreamStatus.FAILED: Status.FAILED,
}
# Charges in the protocol have five decimals, unless more are given.
_PLACES = 5


@dataclass(frozen=True)
class Parts:
    """The orders that upstream has made of one of ours, added up.

    `open` are still under way, `unclear` have ended without saying what came;
    `delivered` are the units of those that have ended, `coming` what the others have
    brought so far. `charge` is None unless each of them names one. `strangers` are ids
    that upstream calls parts of it, and that belong to another order.
    """

    total: int = 0
    open: int = 0
    unclear: int = 0
    delivered: int = 0
    coming: int = 0
    charge: Decimal | None = None
    strangers: tuple[str, ...] = ()


NO_PARTS = Parts()


@dataclass(frozen=True)
class End:
    """How an order ends, and how many of its units did not come."""

    status: Status
    missing: int


@dataclass(frozen=True)
class Finding:
    """What an answer says of one part; `trouble`, for staff, where nothing can be told.

    `delivered` are the units that came, of a part that has ended and where it is known.
    """

    status: Status | None = None
    delivered: int | None = None
    trouble: str = ""


def is_subscription(order: Order) -> bool:
    """Whether the order is for posts that are yet to come."""
    return order.type == ServiceType.SUBSCRIPTIONS


def may_have_parts(order: Order) -> bool:
    """Whether upstream may make several orders of this one."""
    return order.runs is not None or is_subscription(order)


def in_parts(order: Order, parts: Parts) -> bool:
    """Whether the order's end follows from its parts rather than from its own answer."""
    return parts.total > 0 or is_subscription(order)


def end_of(order: Order, answer: StatusRow, parts: Parts) -> End | str | None:
    """Return how an order that upstream calls ended has ended, by its parts.

    None while one of them is under way; a text, with what staff may do, where it cannot
    be told.
    """
    if parts.open:
        return None
    if parts.unclear:
        return _proposal(order, parts)
    came = min(parts.delivered, order.units)
    if is_subscription(order):
        return _end_of_subscription(order, answer, parts, came)
    if answer.status is UpstreamStatus.COMPLETED and parts.total < (order.runs or 0):
        back = plain(due(order.charge, order.units, order.units - came))
        return f"names {parts.total} of {order.runs} runs; by them {back} is due back"
    if came == order.units:
        return End(Status.COMPLETED, 0)
    status = Status.PARTIAL if came else _nothing_came(answer)
    return End(status, order.units - came)


def _end_of_subscription(
    order: Order, answer: StatusRow, parts: Parts, came: int
) -> End | str:
    """Its reserve was charged: what was not used of it goes back, however it ended."""
    says_that_some_came = answer.status in {
        UpstreamStatus.COMPLETED,
        UpstreamStatus.PARTIAL,
    } or not cost_nothing(answer)
    if not parts.total and says_that_some_came:
        return (
            f"names none of its orders; without them {plain(order.charge)} is due back"
        )
    if not came:
        return End(_nothing_came(answer), order.units)
    completed = answer.status is UpstreamStatus.COMPLETED
    return End(Status.COMPLETED if completed else Status.PARTIAL, order.units - came)


def _nothing_came(answer: StatusRow) -> Status:
    failed = answer.status is UpstreamStatus.FAILED
    return Status.FAILED if failed else Status.CANCELED


def _proposal(order: Order, parts: Parts) -> str:
    least = min(parts.delivered, order.units)
    most = min(least + parts.unclear * most_units(order), order.units)
    low, high = (
        plain(due(order.charge, order.units, order.units - came))
        for came in (most, least)
    )
    return (
        f"{parts.unclear} of its {parts.total} orders do not say what came; "
        f"from {low} to {high} is due back"
    )


def most_parts(order: Order) -> int:
    """Return how many runs or posts were ordered."""
    if is_subscription(order):
        return int(order.fields["posts"]) + int(order.fields.get("old_posts") or 0)
    return order.runs or 0


def most_units(order: Order) -> int:
    """Return how many units one part brings at most."""
    if is_subscription(order):
        return int(order.fields["max"])
    return order.quantity or 0


def read_part(
    delivery: Delivery,
    order: Order,
    answer: StatusRow | IdError | None,
    *,
    unit_cost: Decimal | None,
) -> Finding:
    """Return what `answer` says of one part of `order`.

    `unit_cost` is what a unit was expected to cost, in the provider's currency. A part
    that has ended may turn out to have brought less; that it brought more, or is under
    way again, is trouble.
    """
    if not isinstance(answer, StatusRow):
        return Finding(
            trouble=f"no answer: {answer.text if answer else 'left out of the reply'}"
        )
    if answer.status is None:
        return Finding(trouble=f"{answer.status_given}: a word that is not known")
    if answer.status in STILL_OPEN:
        found = Finding(STILL_OPEN[answer.status])
    else:
        found = _ended(order, answer, unit_cost)
    return _against(delivery, found, answer)


def _ended(order: Order, answer: StatusRow, unit_cost: Decimal | None) -> Finding:
    assert answer.status is not None  # noqa: S101 - read_part has looked
    status, came = _ENDS[answer.status], _came(order, answer, unit_cost)
    if came is None:
        return Finding(status, trouble=f"{answer.status_given}: what came is not said")
    if answer.status is UpstreamStatus.EXPIRED and came == 0:
        status = Status.CANCELED
    return Finding(status, came)


def _against(delivery: Delivery, found: Finding, answer: StatusRow) -> Finding:
    """Return the finding, or trouble where it takes back what was known."""
    was, known = Status(delivery.status), delivery.delivered
    moves = found.status in {was, *STATUS_MOVES[was]}
    more = known is not None and found.delivered is not None and found.delivered > known
    if not moves or more:
        before = f"{known} came" if known is not None else f"it was {was}"
        return Finding(trouble=f"{answer.status_given}: {before} before")
    if known is not None and found.status in FINISHED and found.delivered is None:
        return Finding(trouble=found.trouble)
    return found


def _came(order: Order, answer: StatusRow, unit_cost: Decimal | None) -> int | None:
    """Return how many units an ended part has brought, or None where it is not said."""
    if answer.status is UpstreamStatus.CANCELED:
        return 0
    if answer.status is UpstreamStatus.FAILED:
        return 0 if cost_nothing(answer) else None
    quantity = _quantity(order, answer)
    if quantity is None:
        return _came_by_charge(order, answer, unit_cost)
    if answer.remains is None:
        says_all = (
            answer.status is UpstreamStatus.COMPLETED and not answer.remains_given
        )
        return quantity if says_all else None
    # Below zero: more came than was ordered, which counts as all of it.
    missing = max(answer.remains, 0)
    return quantity - missing if missing <= quantity else None


def _quantity(order: Order, answer: StatusRow) -> int | None:
    """Return how many units a part was to bring, where that is known."""
    most = most_units(order)
    if not is_subscription(order):
        return most
    least = int(order.fields["min"])
    if answer.quantity is not None and least <= answer.quantity <= most:
        return answer.quantity
    return most if least == most else None


def _came_by_charge(
    order: Order, answer: StatusRow, unit_cost: Decimal | None
) -> int | None:
    """Return the one number of units that the charge pays for, if there is just one."""
    charge = charge_of(order, answer)
    if charge is None or not unit_cost:
        return None
    places = len(plain(charge).partition(".")[2])
    rounding = Decimal(1).scaleb(-max(places, _PLACES))
    with localcontext(prec=60):
        fewest = ((charge - rounding) / unit_cost).to_integral_value(ROUND_CEILING)
        most = ((charge + rounding) / unit_cost).to_integral_value(ROUND_FLOOR)
    if fewest != most:
        return None
    least = int(order.fields["min"]) if answer.status is UpstreamStatus.COMPLETED else 0
    came = int(fewest)
    return came if least <= came <= most_units(order) else None
