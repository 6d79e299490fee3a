"""Following accepted orders: ask for statuses in full batches, apply them as one set."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from orders.actions.claiming import (
    Claim,
    Row,
    claim,
    database_time,
    give_back,
    keep,
    lease,
    put_off,
)
from orders.actions.costs import ROUNDING, settle_costs
from orders.actions.delivering import apply_deliveries
from orders.actions.parts import Answers, take_parts
from orders.actions.telling import tell_customers, tell_of_failed_call, tell_staff
from orders.actions.transitions import lock, transition
from orders.changes import OVERCHARGED, Change
from orders.delivered import NO_PARTS, Parts
from orders.enums import FINISHED
from orders.models import Delivery, Order
from orders.pace import interval, reread
from orders.settlement import MISSES, UNCLEAR, read
from provider import actions as providers
from provider.client import CallFailed, Exchange
from provider.models import Provider
from provider.protocol.errors import ErrorClass, most_ids
from provider.protocol.replies import StatusRow
from provider.protocol.tracking import CALL_CLASSES
from provider.upstream import archive, client_of, postpone_calls
from shop.money import ZERO, plain

logger = logging.getLogger(__name__)

# Errors of a whole call that may be about one of its ids, or about how many they are.
ABOUT_AN_ID = {f"error:{kind}" for kind in ErrorClass if kind not in CALL_CLASSES}


@dataclass(frozen=True)
class Told:
    """Of how many rows a provider has said something, and whether of each its status."""

    rows: int = 0
    fully: bool = False


def track(*, provider_id: int) -> int:
    """Ask a provider for the statuses of what is due; return of how many it said them.

    A provider that we do not buy from any more still finishes what it has sold.

    1. Claim the provider and what is due, and fill the call with those due next.
    2. Call `status`, with no transaction open.
    3. Apply all answers as one set; if that fails, one by one.
    4. Let the next tracker at the provider.
    """
    claimed = claim(provider_id=provider_id)
    if claimed is None:
        return 0
    try:
        return _ask(claimed, claimed.rows).rows
    except Exception:
        # Unless they are put off, the same rows would be claimed before all others.
        _set_aside(claimed.rows)
        raise
    finally:
        give_back(claim=claimed)


@transaction.atomic(durable=True)
def _set_aside(rows: Sequence[Row]) -> None:
    put_off(rows=rows, until=database_time() + lease())


def _ask(claimed: Claim, rows: Sequence[Row]) -> Told:
    """Ask about all of `rows` at once, and apply what is said of them."""
    provider = claimed.provider
    try:
        answers, exchange = client_of(provider).statuses(_ids(rows))
    except CallFailed as error:
        return _ask_about_fewer(claimed, rows, error)
    apply_deliveries(
        provider=provider,
        deliveries=[row for row in rows if isinstance(row, Delivery)],
        answers=answers,
        exchange=exchange,
    )
    apply_statuses(
        provider=provider,
        orders=[row for row in rows if isinstance(row, Order)],
        answers=answers,
        exchange=exchange,
    )
    told = [isinstance(answers.get(name), StatusRow) for name in _ids(rows)]
    return Told(len(rows), fully=all(told))


def _ids(rows: Sequence[Row]) -> list[str]:
    return [row.upstream_id or "" for row in rows]


def _ask_about_fewer(claimed: Claim, rows: Sequence[Row], error: CallFailed) -> Told:
    """Ask in smaller calls where the ids may have spoiled this one, and learn from it.

    An error that names the greatest number of ids is taken at its word. One that is gone
    when each half is asked about alone, and stays when the whole is asked about again,
    was about their number too; a single bad id spoils its half, and teaches nothing.
    """
    most = most_ids(error.text)
    if most is not None and most < len(rows):
        providers.remember_batch_size(provider=claimed.provider, size=most)
        groups = [rows[start : start + most] for start in range(0, len(rows), most)]
        return _ask_in_groups(claimed, groups, error)
    if error.reason in ABOUT_AN_ID and len(rows) > 1:
        half = (len(rows) + 1) // 2
        told = _ask_in_groups(claimed, [rows[:half], rows[half:]], error)
        smaller = half < claimed.provider.batch_size
        if told.fully and smaller and _is_refused_again(claimed, rows, error):
            providers.remember_batch_size(provider=claimed.provider, size=half)
        return told
    claimed.stopped = error.reason not in ABOUT_AN_ID
    _postpone(claimed, rows, error)
    return Told()


def _ask_in_groups(
    claimed: Claim, groups: Sequence[Sequence[Row]], error: CallFailed
) -> Told:
    """Ask about one group after the other, within the provider's limit of calls."""
    told = []
    for place, group in enumerate(groups):
        if claimed.stopped:
            _postpone(claimed, [row for rest in groups[place:] for row in rest], error)
            break
        if not keep(claim=claimed):
            _set_apart(claimed, groups[place:])
            break
        told.append(_ask(claimed, group))
    fully = len(told) == len(groups) and all(one.fully for one in told)
    return Told(sum(one.rows for one in told), fully)


def _is_refused_again(claimed: Claim, rows: Sequence[Row], error: CallFailed) -> bool:
    if not keep(claim=claimed):
        return False
    try:
        client_of(claimed.provider).statuses(_ids(rows))
    except CallFailed as again:
        return again.reason == error.reason
    return False


@transaction.atomic(durable=True)
def _set_apart(claimed: Claim, groups: Sequence[Sequence[Row]]) -> None:
    """Make groups due one after the other, too far apart to ride along together.

    No call is left for them now, and in one call they would spoil it again.
    """
    at = database_time()
    apart = settings.TRACK_INTERVAL / 2 + 60 / claimed.provider.calls_per_minute + 5
    for place, group in enumerate(groups):
        put_off(rows=group, until=at + timedelta(seconds=place * apart))


@transaction.atomic(durable=True)
def _postpone(claimed: Claim, rows: Sequence[Row], error: CallFailed) -> None:
    """No usable answer changes nothing but when we ask again."""
    provider = claimed.provider
    logger.warning("%s: statuses were not read: %s", provider, error.reason)
    at = database_time()
    longest = max(interval(row.changed_at, at=at) for row in rows)
    put_off(rows=rows, until=at + timedelta(seconds=longest))
    if error.retry_after:
        postpone_calls(provider_id=provider.pk, seconds=error.retry_after)
    tell_of_failed_call(provider, error)


def apply_statuses(
    *,
    provider: Provider,
    orders: Sequence[Order],
    answers: Answers,
    exchange: Exchange,
) -> None:
    """Apply what a provider said of `orders`: as one set, or row by row if that fails.

    A row that fails by itself is pushed ahead and counted; it does not block the others.
    """
    if not orders:
        return
    try:
        _apply(provider, orders, answers, exchange)
    except Exception:
        logger.warning(
            "%s: a set of statuses is applied row by row", provider, exc_info=True
        )
        for order in orders:
            try:
                _apply(provider, [order], answers, exchange)
            except Exception:
                logger.exception("%s: its status was not applied", order)
                _push(order.pk)


@transaction.atomic(durable=True)
def _apply(
    provider: Provider, orders: Sequence[Order], answers: Answers, exchange: Exchange
) -> None:
    parts = take_parts(provider=provider, orders=orders, answers=answers)
    at = database_time()
    changes = [
        read(
            order,
            answers.get(order.upstream_id or ""),
            wait=interval(order.changed_at, at=at),
            reread=reread(order.finished_at, at=at),
            parts=parts.get(order.pk, NO_PARTS),
        )
        for order in orders
    ]
    locked = lock(changes, known=orders)
    charged = {pk: order.upstream_charge for pk, order in locked.items()}
    over = {pk for pk, order in locked.items() if order.status in FINISHED}
    is_news = any(_is_news(change, locked[change.order_id]) for change in changes)
    reply = archive(provider=provider, exchange=exchange) if is_news else None
    moved = transition(changes, locked=locked, reply=reply)
    ended = {order.pk: order for order in moved if order.status in FINISHED}
    # Many providers name the charge, or correct it, only after the order has ended.
    settled = [
        order
        for pk, order in locked.items()
        if pk in ended
        or (order.status in FINISHED and order.upstream_charge != charged[pk])
    ]
    _settle(settled, provider, parts)
    tell_customers(ended.values(), later=over)
    for change in changes:
        if change.flag:
            tell_staff(change.order_id, change.flag)


def _is_news(change: Change, order: Order) -> bool:
    """Return whether a change leaves an event, for which the reply is kept."""
    return (
        bool(change.flag)
        or change.status not in (None, order.status)
        or change.refunded not in (None, order.refunded)
    )


def _settle(
    orders: Sequence[Order], provider: Provider, parts: Mapping[int, Parts]
) -> None:
    """Settle what orders that have ended cost; flag those where that is too much."""
    if not orders:
        return
    over = settle_costs(orders=orders, provider=provider)
    flags = []
    for order in orders:
        # Its cost may be the sum of many, each of them rounded.
        charges = 1 + parts.get(order.pk, NO_PARTS).total
        excess = over.get(order.pk, ZERO)
        if excess > ROUNDING * charges:
            text = (
                f"{OVERCHARGED}{plain(excess)} {provider.currency} more than expected"
            )
            flags.append(Change(order_id=order.pk, reason=text, flag=text))
            tell_staff(order.pk, text)
    if flags:
        transition(flags)


@transaction.atomic(durable=True)
def _push(order_id: int) -> None:
    """Push a row that fails ahead; in the end staff look at it."""
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order_id)
    errors = order.errors + 1
    if errors == MISSES:
        text = f"{UNCLEAR}{errors} times not applied"
        transition([Change(order_id=order_id, reason=text, flag=text)])
        tell_staff(order_id, text)
    Order.objects.filter(pk=order_id).update(
        errors=min(errors, 30_000),
        next_at=Now() + timedelta(seconds=settings.TRACK_INTERVAL_MAX),
    )
