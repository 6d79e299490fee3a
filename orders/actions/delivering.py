"""Following the orders that upstream makes of a drip-feed or a subscription of ours."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from orders.actions.claiming import database_time
from orders.actions.parts import Answers
from orders.actions.telling import tell_staff
from orders.actions.transitions import transition
from orders.changes import PART, Change
from orders.charges import charge_of
from orders.delivered import Finding, is_subscription, read_part
from orders.enums import FINISHED, OPEN, Outcome, Submission
from orders.models import Attempt, Delivery, Order
from orders.pace import interval, reread
from orders.settlement import MISSES, bigint
from provider.client import Exchange
from provider.models import Provider
from provider.protocol.replies import IdError, StatusRow
from provider.upstream import archive

logger = logging.getLogger(__name__)


def apply_deliveries(
    *,
    provider: Provider,
    deliveries: Sequence[Delivery],
    answers: Answers,
    exchange: Exchange,
) -> None:
    """Apply what a provider said of parts: as one set, or row by row if that fails."""
    if not deliveries:
        return
    try:
        _apply(provider, deliveries, answers, exchange)
    except Exception:
        logger.warning(
            "%s: a set of parts is applied row by row", provider, exc_info=True
        )
        for delivery in deliveries:
            try:
                _apply(provider, [delivery], answers, exchange)
            except Exception:
                logger.exception("Part %s: its status was not applied", delivery.pk)
                _push(delivery)


@transaction.atomic(durable=True)
def _apply(
    provider: Provider,
    claimed: Sequence[Delivery],
    answers: Answers,
    exchange: Exchange,
) -> None:
    """1. Lock the orders by id, then their parts. 2. Read each part's answer.
    3. Write the parts. 4. Flag orders, or take such a flag away. 5. Make those due all
    of whose parts have ended now."""
    orders, deliveries = _lock(claimed)
    costs, at = _unit_costs(orders.values()), database_time()
    flags: dict[int, Change] = {}
    ended: set[int] = set()
    moved = False
    for delivery in deliveries:
        order = orders[delivery.order_id]
        answer = answers.get(delivery.upstream_id)
        found = read_part(delivery, order, answer, unit_cost=costs.get(order.pk))
        before = (delivery.status, delivery.delivered)
        _write(delivery, order, answer, found, at)
        if (delivery.status, delivery.delivered) != before:
            moved = True
            if delivery.status in FINISHED:
                ended.add(order.pk)
        if flag := _flag(delivery, order, found):
            flags.setdefault(order.pk, flag)
    Delivery.objects.bulk_update(
        deliveries,
        [
            "status", "start_count", "remains", "upstream_charge", "delivered",
            "next_at", "misses", "changed_at", "finished_at",
        ],
    )  # fmt: skip
    reply = archive(provider=provider, exchange=exchange) if moved or flags else None
    if flags:
        transition([replace(flag, reply=reply) for flag in flags.values()])
    for change in flags.values():
        if change.flag:
            tell_staff(change.order_id, change.flag)
    _wake(ended)


def _lock(claimed: Sequence[Delivery]) -> tuple[dict[int, Order], list[Delivery]]:
    orders = {
        order.pk: order
        for order in Order.objects.filter(
            pk__in={delivery.order_id for delivery in claimed}
        )
        .select_related("provider")
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    }
    deliveries = (
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed])
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    )
    return orders, list(deliveries)


def _unit_costs(orders: Iterable[Order]) -> dict[int, Decimal]:
    """Return what a unit of each subscription was expected to cost when it was sent."""
    units = {order.pk: order.units for order in orders if is_subscription(order)}
    attempts = Attempt.objects.filter(order__in=units, outcome=Outcome.ACCEPTED)
    with localcontext(prec=60):
        return {
            order_id: expected / units[order_id]
            for order_id, expected in attempts.values_list("order_id", "expected_cost")
        }


def _write(
    delivery: Delivery,
    order: Order,
    answer: StatusRow | IdError | None,
    found: Finding,
    at: datetime,
) -> None:
    """Put a finding into its row, and when it is looked at again."""
    if isinstance(answer, StatusRow):
        delivery.misses = 0
        if found.status is not None:
            delivery.start_count = bigint(answer.start_count)
            delivery.remains = bigint(answer.remains)
            charge = charge_of(order, answer)
            delivery.upstream_charge = (
                delivery.upstream_charge if charge is None else charge
            )
    else:
        delivery.misses = min(delivery.misses + 1, 30_000)
    if found.status is not None and found.status != delivery.status:
        delivery.status = found.status
        delivery.changed_at = at
    if delivery.status in FINISHED:
        delivery.finished_at = delivery.finished_at or at
        if found.delivered is not None:
            delivery.delivered = found.delivered
    wait = _wait(delivery, found, at)
    delivery.next_at = None if wait is None else at + timedelta(seconds=wait)


def _wait(delivery: Delivery, found: Finding, at: datetime) -> float | None:
    if delivery.status in FINISHED:
        return reread(delivery.finished_at, at=at)
    if found.trouble and (delivery.misses == 0 or delivery.misses >= MISSES):
        return settings.TRACK_INTERVAL_MAX
    return interval(delivery.changed_at, at=at)


def _flag(delivery: Delivery, order: Order, found: Finding) -> Change | None:
    """Return the flag that trouble with a part puts on its order, or takes away.

    An id that is left out may be too new, or forgotten once it has ended; it is told of
    after some misses. An order that is flagged already is not flagged anew.
    """
    about = f"{PART}{delivery.upstream_id}: "
    if not found.trouble:
        if not order.flag_reason.startswith(about):
            return None
        return Change(
            order_id=order.pk, reason=f"{about}clear", flag="", misses=order.misses
        )
    too_early = 0 < delivery.misses < MISSES
    forgotten = delivery.misses > 0 and delivery.status in FINISHED
    if order.flagged_at or too_early or forgotten:
        return None
    text = f"{about}{found.trouble}"[:300]
    return Change(order_id=order.pk, reason=text, flag=text, misses=order.misses)


def _wake(order_ids: set[int]) -> None:
    """Make orders due that have no part under way any more: their end may be known."""
    under_way = Delivery.objects.filter(order=OuterRef("pk"), status__in=OPEN)
    Order.objects.filter(
        ~Exists(under_way), pk__in=order_ids, submission=Submission.ACCEPTED
    ).update(next_at=Now())


@transaction.atomic(durable=True)
def _push(delivery: Delivery) -> None:
    """Push a part whose answer fails to be applied ahead; in the end staff are told."""
    row = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    misses = row.misses + 1
    if misses == MISSES:
        text = f"{PART}{row.upstream_id}: {misses} times not applied"
        transition([Change(order_id=row.order_id, reason=text, flag=text)])
        tell_staff(row.order_id, text)
    Delivery.objects.filter(pk=row.pk).update(
        misses=min(misses, 30_000),
        next_at=Now() + timedelta(seconds=settings.TRACK_INTERVAL_MAX),
    )
