"""What an upstream status means for an order: pure reading, no writing.

The rules are those of the provider protocol's table of statuses. Where the money cannot
be told from what the provider says, the status stays and the order is flagged: nothing
is guessed.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.conf import settings

from orders.changes import LASTING, Change
from orders.enums import FINISHED, STATUS_MOVES, Status, Submission
from orders.models import Order
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.statuses import UpstreamStatus
from shop.money import due, plain

# Flags that a later, clear answer takes away again begin so.
UNCLEAR = "status: "
# Answers in a row without this order in them, until staff are told.
MISSES = 5

STILL_OPEN: Mapping[UpstreamStatus, Status] = {
    UpstreamStatus.PENDING: Status.PENDING,
    UpstreamStatus.PROCESSING: Status.PROCESSING,
    UpstreamStatus.IN_PROGRESS: Status.IN_PROGRESS,
    UpstreamStatus.PAUSED: Status.PAUSED,
}


def read(
    order: Order,
    answer: StatusRow | IdError | None,
    *,
    wait: float,
    reread: float | None = None,
) -> Change:
    """Return the change that `answer` makes of an accepted order.

    `answer` is None where the provider left the order out. The order is asked about
    again in `wait` seconds while it is open, in `reread` once it has ended; None: never.
    """
    if isinstance(answer, StatusRow):
        change = _judge(order, answer)
    else:
        change = _missed(order, answer)
    return _timed(order, change, wait, reread)


def _judge(order: Order, answer: StatusRow) -> Change:
    change = _read(order, answer)
    was = Status(order.status)
    if change.status in (None, was) or change.status in STATUS_MOVES[was]:
        return change
    return _unclear(order, answer, f"it was {was} before")


def _timed(order: Order, change: Change, wait: float, reread: float | None) -> Change:
    """Return the change with the time of the next look, where it does not say one."""
    if (change.status or order.status) in FINISHED:
        return replace(change, wait=reread, done_waiting=reread is None)
    return change if change.wait is not None else replace(change, wait=wait)


def _read(order: Order, answer: StatusRow) -> Change:
    if answer.status and (status := STILL_OPEN.get(answer.status)):
        return _moved(order, answer, status)
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
        case UpstreamStatus.FAILED if _cost_nothing(answer):
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
        start_count=_bigint(answer.start_count),
        remains=_bigint(answer.remains),
        upstream_charge=charge_of(order, answer),
    )


def _partial(order: Order, answer: StatusRow) -> Change:
    remains = _remains(order, answer)
    if remains is None:
        return _unclear(order, answer, f"remains {answer.remains_given or 'missing'!r}")
    back = due(order.charge, order.units, remains)
    if back < order.refunded:
        return _unclear(
            order, answer, f"{plain(order.refunded)} was refunded, {plain(back)} is due"
        )
    return _moved(order, answer, Status.PARTIAL, refunded=back)


def _remains(order: Order, answer: StatusRow) -> int | None:
    """Return how many units did not come, or None where that cannot be told."""
    remains = answer.remains
    if remains is None or not 0 <= remains <= order.units:
        return None
    return remains


def _cost_nothing(answer: StatusRow) -> bool:
    return answer.charge == 0 or (answer.charge is None and not answer.charge_given)


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
        start_count=_bigint(answer.start_count),
    )


def charge_of(order: Order, answer: StatusRow) -> Decimal | None:
    """Return what the provider charges, where it is in the provider's own currency."""
    if answer.charge is None or answer.charge < 0 or order.provider is None:
        return None
    if answer.currency not in (None, "", order.provider.currency):
        return None
    return answer.charge if answer.charge < Decimal(10) ** 10 else None


def _bigint(value: int | None) -> int | None:
    return value if value is not None and abs(value) < 2**63 else None
