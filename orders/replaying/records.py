"""What was recorded on a number of replies, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from orders.enums import RequestKind, Verdict
from orders.models import Attempt, Delivery, Evidence, OrderEvent, OrderRequest
from provider.enums import SyncOutcome
from provider.models import Reply, SyncRun
from shop.money import ZERO


@dataclass
class Records:
    """By reply what names it; by order or event what a second reading needs to know."""

    attempts: dict[int, Attempt] = field(default_factory=dict)
    # Attempts whose outcome follows from something else than their own reply.
    found_otherwise: set[int] = field(default_factory=set)
    events: dict[int, list[OrderEvent]] = field(
        default_factory=lambda: defaultdict(list)
    )
    # By event, what its order had got back before it.
    refunded: dict[int, Decimal] = field(default_factory=dict)
    # Orders whose money follows from several upstream orders, not from one reply.
    with_deliveries: set[int] = field(default_factory=set)
    # By order, the upstream ids of its refills.
    refills: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    # Whether a catalogue was taken for readable.
    readable: dict[int, bool] = field(default_factory=dict)


def records_of(replies: Sequence[Reply]) -> Records:
    """Return what was recorded on `replies`."""
    found = Records()
    for attempt in Attempt.objects.filter(reply__in=replies).select_related("order"):
        found.attempts[attempt.reply_id or 0] = attempt
    found.found_otherwise = set(
        Evidence.objects.filter(
            attempt__in=found.attempts.values(), verdict=Verdict.FOUND
        ).values_list("attempt", flat=True)
    )
    events = OrderEvent.objects.filter(reply__in=replies).select_related(
        "order__provider"
    )
    for event in events.order_by("id"):
        found.events[event.reply_id or 0].append(event)
    _add_of_orders(found, {event.order_id for event in events})
    for run in SyncRun.objects.filter(reply__in=replies):
        found.readable[run.reply_id or 0] = run.outcome != SyncOutcome.FAILED
    return found


def _add_of_orders(found: Records, orders: set[int]) -> None:
    totals: dict[int, Decimal] = defaultdict(lambda: ZERO)
    history = OrderEvent.objects.filter(order__in=orders).order_by("id")
    for pk, order_id, refunded in history.values_list("pk", "order", "refunded"):
        found.refunded[pk] = totals[order_id]
        totals[order_id] += refunded
    found.with_deliveries = set(
        Delivery.objects.filter(order__in=orders).values_list("order", flat=True)
    )
    refills = OrderRequest.objects.filter(
        order__in=orders, kind=RequestKind.REFILL
    ).exclude(upstream_id="")
    for order_id, upstream_id in refills.values_list("order", "upstream_id"):
        found.refills[order_id].append(upstream_id)
