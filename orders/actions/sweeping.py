"""The sweeper: finds what is due, and rings. Losing every message costs a second."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from orders.actions import explaining, holding
from orders.actions.answering import give_up_waiting
from orders.actions.request_answering import close_moot_cancel, give_up_request
from orders.actions.submitting import HINT
from orders.enums import OPEN, RequestKind, RequestState, Submission
from orders.models import Delivery, Order, OrderRequest
from provider.models import Provider
from shop.celery import ring

logger = logging.getLogger(__name__)

BATCH = 500


def sweep() -> None:
    """Look after everything that is due, once.

    1. What was being sent and whose lease is over becomes unknown, never queued.
    2. Held orders are queued again whose wait is over, whose provider has funds again,
       or whose wording staff have explained.
    3. Queued orders are rung for, as are unknown ones to look for, providers with orders
       or refills to follow, and requests to send.
    """
    _each(_expire, _due(Submission.SENDING))
    _each(_release, _due(Submission.HELD))
    _release_funded()
    _reread_wordings()
    for order_id in _hint():
        ring("orders.submit", order_id=order_id)
    for submission in (Submission.UNKNOWN, Submission.WITHDRAWN):
        for order_id in _due(submission):
            ring("orders.gather_evidence", order_id=order_id)
    _sweep_requests()
    for provider_id in _providers_to_track():
        ring("orders.track", provider_id=provider_id)


def _each(step: Callable[[int], None], numbers: Iterable[int]) -> None:
    """Do `step` for each; one that fails does not keep the others waiting."""
    for number in numbers:
        try:
            step(number)
        except Exception:
            logger.exception("%s of %s failed", step.__name__, number)


def _due(submission: Submission) -> list[int]:
    return list(
        Order.objects.filter(submission=submission, next_at__lte=Now())
        .order_by("next_at")
        .values_list("pk", flat=True)[:BATCH]
    )


@transaction.atomic(durable=True)
def _expire(order_id: int) -> None:
    """Make an order unknown, unless its answer came at this very moment."""
    if _still(order_id, Submission.SENDING):
        give_up_waiting(order_id=order_id, reason="no answer within the lease")


def _release(order_id: int) -> None:
    holding.release(order_id=order_id)


def _release_funded() -> None:
    """Queue orders that waited for funds, as far as a newer balance covers them."""
    _each(_release_covered, holding.funded())


def _release_covered(order_id: int) -> None:
    holding.release(order_id=order_id, why="the balance covers it now")


def _reread_wordings() -> None:
    """Judge again what was held for new wording, once staff have named its class."""
    _each(explaining.reread, explaining.explained())


def _still(order_id: int, submission: Submission) -> bool:
    return (
        Order.objects.filter(pk=order_id, submission=submission, next_at__lte=Now())
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .exists()
    )


@transaction.atomic(durable=True)
def _hint() -> list[int]:
    """Return queued orders that are due, moved just behind those not rung for yet."""
    due = list(
        Order.objects.filter(submission=Submission.QUEUED, next_at__lte=Now())
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .order_by("next_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    Order.objects.filter(pk__in=due).update(next_at=Now() + timedelta(seconds=HINT))
    return due


def _sweep_requests() -> None:
    due = OrderRequest.objects.filter(next_at__lte=Now())
    numbers = due.order_by("next_at").values_list("pk", flat=True)
    _each(_give_up, numbers.filter(state=RequestState.SENDING)[:BATCH])
    _each(_close_moot, _moot_cancels())
    waiting = due.filter(
        state=RequestState.REQUESTED, order__provider__paused_at__isnull=True
    )
    for provider_id in waiting.values_list("order__provider_id", flat=True).distinct():
        ring("orders.send_requests", provider_id=provider_id)


def _give_up(request_id: int) -> None:
    give_up_request(request_id=request_id)


def _close_moot(request_id: int) -> None:
    close_moot_cancel(request_id=request_id)


def _moot_cancels() -> list[int]:
    """Return cancels that nobody can tell of, and need not: their orders have ended."""
    unknown = OrderRequest.objects.filter(
        kind=RequestKind.CANCEL, state=RequestState.UNKNOWN, closed_at=None
    )
    return list(
        unknown.exclude(order__status__in=OPEN).values_list("pk", flat=True)[:BATCH]
    )


def _providers_to_track() -> set[int]:
    """Return the providers that have an order, a part of one or a refill to be asked
    about, and that nobody is asking just now."""
    orders = Order.objects.filter(
        submission=Submission.ACCEPTED, next_at__lte=Now()
    ).values_list("provider_id", flat=True)
    refills = OrderRequest.objects.filter(
        kind=RequestKind.REFILL, state=RequestState.ACCEPTED, next_at__lte=Now()
    ).values_list("order__provider_id", flat=True)
    parts = Delivery.objects.filter(next_at__lte=Now()).values_list(
        "provider_id", flat=True
    )
    found = {*orders.distinct(), *refills.distinct(), *parts.distinct()}
    return {provider_id for provider_id in found if provider_id is not None} - {
        *Provider.objects.filter(tracked_until__gt=Now()).values_list("pk", flat=True)
    }
