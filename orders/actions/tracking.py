"""Following accepted orders: ask for statuses in full batches, apply them as one set."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notices import actions as notices
from orders.actions.costs import settle_cost
from orders.actions.submitting import tell_staff
from orders.actions.transitions import IllegalMove, Stale, transition
from orders.changes import Change
from orders.enums import FINISHED, Submission
from orders.models import Order
from orders.settlement import read
from provider.client import CallFailed, Exchange
from provider.models import Provider
from provider.protocol.replies import IdError, StatusRow
from provider.upstream import archive, client_of, postpone_calls, take_call
from shop.money import plain, show

logger = logging.getLogger(__name__)

# Seconds for which a claimed batch is ours; longer than the call may take.
LEASE = 90
# An order that has not moved for a time is asked about again after a fifth of it.
PATIENCE = 5
Answers = dict[str, StatusRow | IdError]


def track(*, provider_id: int) -> int:
    """Ask a provider for the statuses of its due orders; return how many were asked.

    1. Claim the due orders and fill the call with those due next.
    2. Call `status`, with no transaction open.
    3. Apply all answers as one set; if that fails, one by one.
    """
    provider = Provider.objects.filter(pk=provider_id, active=True).first()
    if provider is None:
        return 0
    orders = _claim(provider)
    if not orders:
        return 0
    try:
        answers, exchange = client_of(provider).statuses(
            [order.upstream_id or "" for order in orders]
        )
    except CallFailed as error:
        _postpone(provider, orders, error)
    else:
        apply_statuses(
            provider=provider, orders=orders, answers=answers, exchange=exchange
        )
    return len(orders)


@transaction.atomic(durable=True)
def _claim(provider: Provider) -> list[Order]:
    """Claim up to a batch of orders, the longest due first.

    One that is due makes the call; those due within half an interval ride along, as a
    call costs the same with one id or a hundred.
    """
    mine = Order.objects.filter(
        provider=provider, submission=Submission.ACCEPTED, next_at__isnull=False
    )
    if not mine.filter(next_at__lte=Now()).exists():
        return []
    if not take_call(provider_id=provider.pk):
        return []
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
    return orders


def interval(order: Order) -> float:
    """Return in how many seconds an order is asked about again: the longer nothing has
    moved, the later.

    The one place that reads this machine's clock: it may be a day off, and the answer
    still lies between the shortest interval and the longest.
    """
    idle = (timezone.now() - order.changed_at).total_seconds()
    return min(
        max(idle / PATIENCE, settings.TRACK_INTERVAL), settings.TRACK_INTERVAL_MAX
    )


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
    changes = [
        read(order, answers.get(order.upstream_id or ""), wait=interval(order))
        for order in orders
    ]
    try:
        _apply(provider, changes, exchange)
    except (IllegalMove, Stale, DatabaseError):
        logger.warning("%s: a set of statuses is applied row by row", provider)
        for change in changes:
            try:
                _apply(provider, [change], exchange)
            except (IllegalMove, Stale, DatabaseError):
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
    changed = transition(
        [
            replace(change, reply=reply) if change in news else change
            for change in changes
        ]
    )
    for order in changed:
        if order.status in FINISHED and before[order.pk] != order.status:
            _end(order, provider)
    for change, order in zip(changes, changed, strict=True):
        if change.flag:
            tell_staff(order, change.flag)


def _end(order: Order, provider: Provider) -> None:
    """Settle what an order that has just ended cost, and tell its customer of refunds."""
    over = settle_cost(order=order, provider=provider)
    if over > 0:
        text = f"the provider charged {plain(over)} {provider.currency} too much"
        transition([Change(order_id=order.pk, reason=text, flag=text)])
        tell_staff(order, text)
    if order.refunded > 0:
        tell_customer(order)


def tell_customer(order: Order) -> None:
    """Tell the customer that an order ended early, and what was refunded."""
    with translation.override(order.customer.language or settings.LANGUAGE_CODE):
        notices.tell(
            user_id=order.customer_id,
            key=f"order:{order.pk}:{order.status}",
            subject=_("Order %(number)d: %(amount)s refunded")
            % {"number": order.pk, "amount": show(order.refunded)},
            text=_("What was not delivered has been refunded to your balance."),
        )


@transaction.atomic(durable=True)
def _postpone(provider: Provider, orders: Sequence[Order], error: CallFailed) -> None:
    """No usable answer changes nothing but when we ask again."""
    logger.warning("%s: statuses were not read: %s", provider, error.reason)
    if error.retry_after:
        postpone_calls(provider_id=provider.pk, seconds=error.retry_after)
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        next_at=Now() + timedelta(seconds=_backoff(orders))
    )
    notices.tell_staff(
        key=f"track:{provider.pk}:{error.reason}",
        subject=f"{provider}: {error.message}",
        daily=True,
    )


def _backoff(orders: Sequence[Order]) -> float:
    return max(interval(order) for order in orders)


@transaction.atomic(durable=True)
def _push(order_id: int) -> None:
    Order.objects.filter(pk=order_id).update(
        errors=F("errors") + 1,
        next_at=Now() + timedelta(seconds=settings.TRACK_INTERVAL_MAX),
    )
