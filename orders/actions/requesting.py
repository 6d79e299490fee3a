"""Asking for a refill or a cancel: recorded in one step, sent by another."""

from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from ledger import actions as ledger
from orders.actions.withdrawing import withdraw
from orders.eligibility import Eligibility
from orders.enums import RefillStatus, RequestKind
from orders.errors import NotYetError, OrderError
from orders.models import Order, OrderEvent, OrderRequest
from orders.queries import cancel_eligibility, refill_eligibility
from shop.celery import ring


@transaction.atomic(durable=True)
def cancel_order(
    *,
    order: Order,
    by: User | None,
    by_staff: bool = False,
    reason: str = "cancelled before it was sent",
) -> OrderRequest | None:
    """Cancel an order, or ask upstream to.

    What has not been sent is ended at once with a full refund (None is returned); an
    accepted order gets a request, and its money moves when its status says so. Staff
    may try where the provider does not say whether it cancels. Nobody (`by` is None) is
    the shop itself, for a `reason`. Raises OrderError with the reason where it cannot be
    cancelled.
    """
    ledger.lock_customers(customer_ids=[order.customer_id])
    locked = _lock(order)
    _insist(cancel_eligibility(order=locked, by_staff=by_staff))
    if locked.is_unsent:
        withdraw(order=locked, reason=reason, by=by)
        return None
    return _request(locked, RequestKind.CANCEL, by)


@transaction.atomic(durable=True)
def request_refill(*, order: Order, by: User, by_staff: bool = False) -> OrderRequest:
    """Ask upstream to refill a completed order.

    Staff may try where the provider does not say whether it refills. Raises OrderError
    with the reason where it cannot be refilled, NotYetError where it can later.
    """
    locked = _lock(order)
    _insist(refill_eligibility(order=locked, by_staff=by_staff))
    return _request(locked, RequestKind.REFILL, by)


def _insist(eligibility: Eligibility) -> None:
    if eligibility.possible:
        return
    if eligibility.possible_from is not None:
        raise NotYetError(eligibility.reason, eligibility.possible_from)
    raise OrderError(eligibility.reason)


def _lock(order: Order) -> Order:
    return (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("service", "provider")
        .get(pk=order.pk)
    )


def _request(order: Order, kind: RequestKind, by: User | None) -> OrderRequest:
    request = OrderRequest.objects.create(
        order=order,
        kind=kind,
        status=RefillStatus.REQUESTED if kind == RequestKind.REFILL else "",
        by=by,
        next_at=Now(),
    )
    note(request, f"{kind} asked for", by=by)
    ring_for(request)
    return request


def ring_for(request: OrderRequest) -> None:
    """Ring for the provider of a request that is due, once the step is committed."""
    provider_id = request.order.provider_id
    transaction.on_commit(
        partial(ring, "orders.send_requests", provider_id=provider_id), robust=True
    )


def note(request: OrderRequest, reason: str, *, by: User | None = None) -> None:
    """Write an event that moves nothing into the order's history; the order is locked."""
    order = request.order
    OrderEvent.objects.create(
        order=order,
        old_status=order.status,
        new_status=order.status,
        old_submission=order.submission,
        new_submission=order.submission,
        reason=reason[:300],
        by=by,
        reply=request.reply,
    )
