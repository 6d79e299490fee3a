"""Reading the answers to `status` again, as if each order were where it was then."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from orders.changes import Change
from orders.models import Order, OrderEvent
from orders.replaying.readings import (
    NOTHING_RECORDED,
    Phrases,
    Reading,
    compared,
    read_by_ids,
    skipped,
)
from orders.replaying.records import Records
from orders.settlement import MISSES, read
from provider.models import Reply
from provider.protocol.readers import read_statuses
from provider.protocol.replies import IdError, StatusRow, UnreadableReply
from shop.money import ZERO, plain

FLAGGED = "flagged"


def read_statuses_again(
    reply: Reply, found: Records, phrases: Phrases
) -> Iterator[Reading]:
    """Compare status, refund and flag with the events that the reply has left."""
    events = found.events.get(reply.pk, [])
    if not events:
        yield skipped(reply, NOTHING_RECORDED)
        return
    ours = [event.order.upstream_id or "" for event in events]
    answers: dict[str, StatusRow | IdError] = {}
    failure = ""
    try:
        answers = read_by_ids(reply, ours, partial(read_statuses, phrases=phrases))
    except UnreadableReply as error:
        failure = f"not readable: {error}"
    for event in events:
        subject = f"order {event.order_id}"
        if event.order_id in found.with_deliveries:
            yield skipped(reply, "settled by several upstream orders", subject)
            continue
        before = _as_it_was(event, found.refunded[event.pk])
        change = read(before, answers.get(before.upstream_id or ""), wait=0.0)
        now = failure or _of_change(before, change)
        yield compared(reply, subject, _of_event(event), now)


def _as_it_was(event: OrderEvent, refunded: Decimal) -> Order:
    """Return the order as it was before the event, at its last miss but one.

    Which flag it bore is not known any more: none, as if each finding were news.
    """
    order = event.order
    values = {
        column.name: getattr(order, column.name)
        for column in Order._meta.concrete_fields
        if not column.is_relation
    }
    before = {
        "status": event.old_status,
        "submission": event.old_submission,
        "refunded": refunded,
        "misses": MISSES - 1,
        "flag_reason": "",
    }
    return Order(**{**values, **before}, provider=order.provider)


def _of_event(event: OrderEvent) -> str:
    moved = event.old_status != event.new_status or event.refunded
    return _words(event.new_status, event.refunded) if moved else FLAGGED


def _of_change(before: Order, change: Change) -> str:
    status = change.status or before.status
    refunded = (
        ZERO if change.refunded is None else Decimal(change.refunded - before.refunded)
    )
    if status != before.status or refunded:
        return _words(status, refunded)
    return FLAGGED if change.flag else "nothing new"


def _words(status: str, refunded: Decimal) -> str:
    return f"{status}, {plain(refunded)} refunded" if refunded else str(status)
