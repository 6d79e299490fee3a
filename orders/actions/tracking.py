"""Following accepted orders: ask for statuses in full batches, apply them as one set."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from orders.actions.costs import settle_cost
from orders.actions.telling import tell_customer, tell_of_failed_call, tell_staff
from orders.actions.transitions import transition
from orders.changes import OVERCHARGED, Change
from orders.enums import FINISHED, Submission
from orders.models import Order
from orders.pace import interval, reread
from orders.settlement import MISSES, UNCLEAR, read
from provider.client import CallFailed, Exchange
from provider.models import Provider
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.tracking import CALL_CLASSES
from provider.upstream import archive, client_of, postpone_calls, take_call
from shop.money import plain

logger = logging.getLogger(__name__)

# Seconds for which a claimed batch is ours; longer than the call may take.
LEASE = 90
# Charges in the protocol have five decimals: that much more is rounding.
ROUNDING = Decimal("0.00001")
# Errors of a whole call that may be about one of its ids.
ABOUT_AN_ID = {f"error:{kind}" for kind in ErrorClass if kind not in CALL_CLASSES}
Answers = Mapping[str, StatusRow | IdError]


def track(*, provider_id: int) -> int:
    """Ask a provider for the statuses of its due orders; return of how many it said them.

    A provider that we do not buy from any more still finishes what it has sold.

    1. Claim the due orders and fill the call with those due next.
    2. Call `status`, with no transaction open.
    3. Apply all answers as one set; if that fails, one by one.
    """
    claim = _claim(provider_id)
    return _ask(*claim) if claim else 0


def _ask(provider: Provider, orders: Sequence[Order]) -> int:
    """Ask about all at once; where one id spoils the call, about each half alone."""
    try:
        answers, exchange = client_of(provider).statuses(
            [order.upstream_id or "" for order in orders]
        )
    except CallFailed as error:
        if error.reason in ABOUT_AN_ID and len(orders) > 1:
            half = len(orders) // 2
            return _ask(provider, orders[:half]) + _ask(provider, orders[half:])
        _postpone(provider, orders, error)
        return 0
    apply_statuses(provider=provider, orders=orders, answers=answers, exchange=exchange)
    return len(orders)


@transaction.atomic(durable=True)
def _claim(provider_id: int) -> tuple[Provider, list[Order]] | None:
    """Claim up to a batch of orders, the longest due first.

    One that is due makes the call; those due within half an interval ride along, as a
    call costs the same with one id or a hundred. The provider's row is locked first, so
    that two trackers do not share what fits into one call.
    """
    provider = (
        Provider.objects.select_for_update(no_key=True).filter(pk=provider_id).first()
    )
    mine = Order.objects.filter(
        provider=provider, submission=Submission.ACCEPTED, next_at__isnull=False
    )
    if provider is None or not mine.filter(next_at__lte=Now()).exists():
        return None
    if not take_call(provider_id=provider.pk):
        return None
    soon = Now() + timedelta(seconds=settings.TRACK_INTERVAL / 2)
    orders = list(
        mine.filter(next_at__lte=soon)
        .select_related("provider")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .order_by("next_at")[: provider.batch_size]
    )
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        next_at=Now() + timedelta(seconds=LEASE)
    )
    return provider, orders


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
        return now


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
    at = _database_time()
    changes = [
        read(
            order,
            answers.get(order.upstream_id or ""),
            wait=interval(order.changed_at, at=at),
            reread=reread(order.finished_at, at=at),
        )
        for order in orders
    ]
    try:
        _apply(provider, changes, exchange)
    except Exception:
        logger.warning(
            "%s: a set of statuses is applied row by row", provider, exc_info=True
        )
        for change in changes:
            try:
                _apply(provider, [change], exchange)
            except Exception:
                logger.exception(
                    "Order %s: its status was not applied", change.order_id
                )
                _push(change.order_id)


@transaction.atomic(durable=True)
def _apply(provider: Provider, changes: Sequence[Change], exchange: Exchange) -> None:
    before = dict(
        Order.objects.filter(pk__in=[c.order_id for c in changes]).values_list(
            "pk", "status"
        )
    )
    news = [c for c in changes if c.flag or c.status not in (None, before[c.order_id])]
    reply = archive(provider=provider, exchange=exchange) if news else None
    moved = transition(
        [
            replace(change, reply=reply) if change in news else change
            for change in changes
        ]
    )
    for order in moved:
        if order.status in FINISHED:
            _end(order, provider)
    for change in changes:
        if change.flag:
            tell_staff(change.order_id, change.flag)


def _end(order: Order, provider: Provider) -> None:
    """Settle what an order that has just ended cost, and tell its customer of refunds."""
    over = settle_cost(order=order, provider=provider)
    if over > ROUNDING:
        text = f"{OVERCHARGED}{plain(over)} {provider.currency} more than expected"
        transition([Change(order_id=order.pk, reason=text, flag=text)])
        tell_staff(order.pk, text)
    if order.refunded > 0:
        tell_customer(order)


@transaction.atomic(durable=True)
def _postpone(provider: Provider, orders: Sequence[Order], error: CallFailed) -> None:
    """No usable answer changes nothing but when we ask again."""
    logger.warning("%s: statuses were not read: %s", provider, error.reason)
    ours = list(
        Order.objects.filter(
            pk__in=[order.pk for order in orders], next_at__isnull=False
        )
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
        .values_list("pk", flat=True)
    )
    at = _database_time()
    longest = max(interval(order.changed_at, at=at) for order in orders)
    Order.objects.filter(pk__in=ours).update(next_at=at + timedelta(seconds=longest))
    if error.retry_after:
        postpone_calls(provider_id=provider.pk, seconds=error.retry_after)
    tell_of_failed_call(provider, error)


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
