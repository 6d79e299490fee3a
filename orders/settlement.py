"""What an upstream status means for an order: pure reading, no writing.

The rules are those of the provider protocol's table of statuses. Where the money cannot
be told from what the provider says, the status stays and the order is flagged: nothing
is guessed.
"""

from dataclasses import replace
from decimal import Decimal

from django.conf import settings

from orders.changes import LASTING, Change
from orders.charges import charge_of, cost_nothing
from orders.delivered import NO_PARTS, STILL_OPEN, Parts, end_of, in_parts
from orders.enums import FINISHED, STATUS_MOVES, Status, Submission
from orders.models import Order
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.statuses import UpstreamStatus
from shop.money import due, plain

# Flags that a later, clear answer takes away again begin so.
UNCLEAR = "status: "
# Answers in a row without this order in them, until staff are told.
MISSES = 5


def read(
    order: Order,
    answer: StatusRow | IdError | None,
    *,
    wait: float,
    reread: float | None = None,
    parts: Parts = NO_PARTS,
) -> Change:
    """Return the change that `answer` makes of an accepted order.

    `answer` is None where the provider left the order out. The order is asked about
    again in `wait` seconds while it is open, in `reread` once it has ended; None: never.
    `parts` are the orders that upstream has made of a drip-feed or a subscription.
    """
    if isinstance(answer, StatusRow):
        change = _judge(order, answer, parts)
    else:
        change = _missed(order, answer)
    return _timed(order, change, wait, reread)


def _judge(order: Order, answer: StatusRow, parts: Parts) -> Change:
    change = _read(order, answer, parts)
    was = Status(order.status)
    if change.status in (None, was) or change.status in STATUS_MOVES[was]:
        return change
    return _unclear(order, answer, f"it was {was} before")


def _timed(order: Order, change: Change, wait: float, reread: float | None) -> Change:
    """Return the change with the time of the next look, where it does not say one."""
    if (change.status or order.status) in FINISHED:
        return replace(change, wait=reread, done_waiting=reread is None)
    return change if change.wait is not None else replace(change, wait=wait)


def _read(order: Order, answer: StatusRow, parts: Parts) -> Change:
    if parts.strangers:
        return _unclear(order, answer, f"{parts.strangers[0]} is another order's")
    if answer.status and (status := STILL_OPEN.get(answer.status)):
        return _with(parts, order, _moved(order, answer, status))
    if answer.status and in_parts(order, parts):
        return _with(parts, order, _by_parts(order, answer, parts))
    match answer.status:
        case UpstreamStatus.COMPLETED:
            return _moved(order, answer, Status.COMPLETED)
        case UpstreamStatus.CANCELED:
            return _moved(order, answer, Status.CANCELED, refunded=order.charge)
        case UpstreamStatus.PARTIAL:
            return _partial(order, answer)
        case UpstreamStatus.EXPIRED if _remains(order, answer) == order.units:
            return _moved(order, answer, Status.CANCELED, refunded=order.charge)
        case UpstreamStatus.EXPIRED:
            return _partial(order, answer)
        case UpstreamStatus.FAILED if cost_nothing(answer):
            return _moved(order, answer, Status.FAILED, refunded=order.charge)
        case UpstreamStatus.FAILED:
            return _unclear(order, answer, "failed, but charged")
    return _unclear(order, answer, "a word that is not known")


def _missed(order: Order, answer: IdError | None) -> Change:
    """An id that is left out or refused is not the end: it may be too new upstream.

    Nor does it matter where the order has ended: many forget what they have finished.
    """
    misses = order.misses + 1
    text = answer.text if answer else "left out of the reply"
    is_news = order.is_open and misses == MISSES
    return Change(
        order_id=order.pk,
        reason=f"no status: {text}",
        expected=Submission.ACCEPTED,
        misses=min(misses, 30_000),
        wait=settings.TRACK_INTERVAL_MAX if misses >= MISSES else None,
        flag=f"{UNCLEAR}{misses} times no answer: {text}" if is_news else None,
    )


def _moved(
    order: Order,
    answer: StatusRow,
    status: Status,
    *,
    refunded: Decimal | None = None,
) -> Change:
    return Change(
        order_id=order.pk,
        reason=f"upstream says {answer.status_given}",
        expected=Submission.ACCEPTED,
        status=status,
        refunded=refunded,
        flag="" if order.flag_reason.startswith(UNCLEAR) else None,
        start_count=bigint(answer.start_count),
        remains=bigint(answer.remains),
        upstream_charge=charge_of(order, answer),
    )


def _partial(order: Order, answer: StatusRow) -> Change:
    remains = _remains(order, answer)
    if remains is None:
        return _unclear(order, answer, f"remains {answer.remains_given or 'missing'!r}")
    return _refunding(order, answer, Status.PARTIAL, remains)


def _refunding(order: Order, answer: StatusRow, status: Status, missing: int) -> Change:
    """Return the end of an order of which `missing` units did not come."""
    back = due(order.charge, order.units, missing)
    if back < order.refunded:
        return _unclear(
            order, answer, f"{plain(order.refunded)} was refunded, {plain(back)} is due"
        )
    return _moved(order, answer, status, refunded=back)


def _by_parts(order: Order, answer: StatusRow, parts: Parts) -> Change:
    """Return what the end that upstream tells of means by what its parts delivered."""
    end = end_of(order, answer, parts)
    if end is None:
        # Over, but for what is still under way: that is waited for.
        going_on = Status.IN_PROGRESS if order.is_open else Status(order.status)
        return _moved(order, answer, going_on)
    if isinstance(end, str):
        return _unclear(order, answer, end)
    return _refunding(order, answer, end.status, end.missing)


def _with(parts: Parts, order: Order, change: Change) -> Change:
    """Return the change with what the parts say of progress and, in the end, of cost."""
    if not parts.total or change.status is None:
        return change
    charge = change.upstream_charge
    if change.status in FINISHED and parts.charge is not None and not charge:
        charge = parts.charge
    remains = max(order.units - parts.delivered - parts.coming, 0)
    return replace(change, remains=remains, upstream_charge=charge)


def _remains(order: Order, answer: StatusRow) -> int | None:
    """Return how many units did not come, or None where that cannot be told."""
    remains = answer.remains
    if remains is None or not 0 <= remains <= order.units:
        return None
    return remains


def _unclear(order: Order, answer: StatusRow, what: str) -> Change:
    text = f"{UNCLEAR}{answer.status_given}: {what}"[:300]
    # Said once: the same finding again is no news, nor to staff who look at it anyway.
    is_news = order.flag_reason != text and not order.flag_reason.startswith(LASTING)
    return Change(
        order_id=order.pk,
        reason=text,
        expected=Submission.ACCEPTED,
        wait=settings.TRACK_INTERVAL_MAX,
        flag=text if is_news else None,
        start_count=bigint(answer.start_count),
    )


def bigint(value: int | None) -> int | None:
    """Return a number that fits into its column, or None."""
    return value if value is not None and abs(value) < 2**63 else None
