"""Refills and cancels: recorded, sent, and followed until the provider has answered.

The same three steps as an order's. A cancel may be repeated, as the order's status
moves the money; a refill may not: what cannot be told stays unknown, for staff.
"""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from ledger import actions as ledger
from notices import actions as notices
from orders.actions.withdrawing import withdraw
from orders.eligibility import Eligibility
from orders.enums import RefillStatus, RequestKind, RequestState, Status
from orders.errors import NotYetError, OrderError
from orders.models import Order, OrderEvent, OrderRequest
from orders.queries import cancel_eligibility, refill_eligibility
from orders.settlement import MISSES
from provider.client import Client, Exchange
from provider.models import Provider
from provider.protocol.replies import CancelAnswer, RefillAnswer, RequestOutcome
from provider.upstream import archive, client_of, take_call
from shop.celery import ring

# Seconds until a request that was not executed is sent again, the first few times.
AGAIN = 60
Answer = RefillAnswer | CancelAnswer


@transaction.atomic(durable=True)
def cancel_order(
    *, order: Order, by: User, by_staff: bool = False
) -> OrderRequest | None:
    """Cancel an order, or ask upstream to.

    What has not been sent is ended at once with a full refund (None is returned); an
    accepted order gets a request, and its money moves when its status says so. Staff
    may try where the provider does not say whether it cancels. Raises OrderError with
    the reason where it cannot be cancelled.
    """
    ledger.lock_customers(customer_ids=[order.customer_id])
    locked = _lock(order)
    _insist(cancel_eligibility(order=locked, by_staff=by_staff))
    if locked.is_unsent:
        withdraw(order=locked, reason="cancelled before it was sent", by=by)
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


def _request(order: Order, kind: RequestKind, by: User) -> OrderRequest:
    request = OrderRequest.objects.create(
        order=order,
        kind=kind,
        status=RefillStatus.REQUESTED if kind == RequestKind.REFILL else "",
        by=by,
        next_at=Now(),
    )
    note(request, f"{kind} asked for", by=by)
    transaction.on_commit(
        partial(ring, "orders.send_request", request_id=request.pk), robust=True
    )
    return request


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


def send_request(*, request_id: int) -> None:
    """Send a request that is due; nothing happens to any other."""
    request = _claim(request_id)
    if request is None:
        return
    order = request.order
    upstream_id = order.upstream_id or ""
    client = client_of(_provider(order))
    answer, exchange = _call(client, request, upstream_id)
    apply_request_answer(request=request, answer=answer, exchange=exchange)


def _call(
    client: Client, request: OrderRequest, upstream_id: str
) -> tuple[Answer, Exchange]:
    if request.kind == RequestKind.REFILL:
        refills, exchange = client.refill([upstream_id])
        return refills[upstream_id], exchange
    cancels, exchange = client.cancel([upstream_id])
    return cancels[upstream_id], exchange


def _provider(order: Order) -> Provider:
    if order.provider is None:
        raise ValueError(f"{order} was never accepted")
    return order.provider


def _lock_request(found: QuerySet[OrderRequest]) -> OrderRequest | None:
    """Lock the order of the one request in `found`, then the request if still there."""
    order_id = found.values_list("order_id", flat=True).first()
    if order_id is None:
        return None
    Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order_id)
    return (
        found.select_for_update(of=("self",), no_key=True)
        .select_related("order__provider")
        .first()
    )


@transaction.atomic(durable=True)
def _claim(request_id: int) -> OrderRequest | None:
    request = _lock_request(
        OrderRequest.objects.filter(
            pk=request_id, state=RequestState.REQUESTED, next_at__lte=Now()
        )
    )
    if request is None:
        return None
    if not _makes_sense(request):
        _close(request, RequestState.REFUSED, RefillStatus.REJECTED)
        note(request, f"{request.kind}: not sent, the order has ended otherwise")
        return None
    if not take_call(provider_id=_provider(request.order).pk):
        OrderRequest.objects.filter(pk=request_id).update(
            next_at=Now() + timedelta(seconds=1)
        )
        return None
    OrderRequest.objects.filter(pk=request_id).update(
        state=RequestState.SENDING,
        next_at=Now() + timedelta(seconds=settings.ATTEMPT_LEASE),
    )
    return request


def _makes_sense(request: OrderRequest) -> bool:
    """Whether the order is still where such a request is for."""
    if request.kind == RequestKind.CANCEL:
        return request.order.is_open
    return request.order.status == Status.COMPLETED


@transaction.atomic(durable=True)
def apply_request_answer(
    *, request: OrderRequest, answer: Answer, exchange: Exchange
) -> None:
    """Commit what the provider answered to a refill or cancel that is being sent."""
    locked = _lock_request(
        OrderRequest.objects.filter(
            pk=request.pk, state__in=(RequestState.SENDING, RequestState.UNKNOWN)
        )
    )
    if locked is None:
        return
    locked.reply = archive(provider=_provider(locked.order), exchange=exchange)
    locked.error = answer.error[:300]
    match answer.outcome:
        case RequestOutcome.ACCEPTED:
            _accept(locked, answer)
        case RequestOutcome.REFUSED:
            _close(locked, RequestState.REFUSED, RefillStatus.REJECTED)
        case RequestOutcome.NOT_EXECUTED:
            _retry(locked)
        case _:
            _unknown(locked)
    note(locked, f"{locked.kind}: {answer.outcome} {answer.error}".strip())


def _accept(request: OrderRequest, answer: Answer) -> None:
    if isinstance(answer, CancelAnswer):
        # Accepted is not cancelled: the order's status will say.
        _close(request, RequestState.ACCEPTED, None)
        Order.objects.filter(pk=request.order_id, next_at__isnull=False).update(
            next_at=Now()
        )
        return
    request.state = RequestState.ACCEPTED
    request.upstream_id = answer.refill_id or ""
    request.flagged_at = None
    request.misses = 0
    request.next_at = Now() + timedelta(seconds=settings.TRACK_INTERVAL)
    _save(request)


def _close(
    request: OrderRequest, state: RequestState, status: RefillStatus | None
) -> None:
    request.state = state
    if request.kind == RequestKind.REFILL and status is not None:
        request.status = status
    request.next_at = None
    request.flagged_at = None
    request.closed_at = Now()
    _save(request)


def _retry(request: OrderRequest) -> None:
    """Send it again later; when that has not helped for a while, staff are told."""
    request.misses = min(request.misses + 1, 30_000)
    in_vain = request.misses >= MISSES
    wait = settings.TRACK_INTERVAL_MAX if in_vain else AGAIN
    request.state = RequestState.REQUESTED
    request.next_at = Now() + timedelta(seconds=wait)
    request.flagged_at = (request.flagged_at or Now()) if in_vain else None
    _save(request)
    if request.misses == MISSES:
        notices.tell_staff(
            key=f"request:{request.pk}:in vain",
            subject=f"Order {request.order_id}: {request.kind} sent {MISSES} times in vain",
            text=request.error,
        )


def _unknown(request: OrderRequest) -> None:
    """A refill may have been made and is never asked for twice; a cancel may be."""
    if request.kind == RequestKind.CANCEL:
        _retry(request)
        return
    request.state = RequestState.UNKNOWN
    request.next_at = None
    request.flagged_at = Now()
    _save(request)
    notices.tell_staff(
        key=f"request:{request.pk}:unknown",
        subject=f"Order {request.order_id}: unknown whether the refill was accepted",
        text=request.error,
    )


def _save(request: OrderRequest) -> None:
    request.save(
        update_fields=[
            "state", "status", "upstream_id", "error", "reply", "next_at",
            "misses", "flagged_at", "closed_at",
        ]
    )  # fmt: skip


@transaction.atomic(durable=True)
def give_up_request(*, request_id: int) -> None:
    """Treat a request whose answer never came like one that cannot be told."""
    request = _lock_request(
        OrderRequest.objects.filter(
            pk=request_id, state=RequestState.SENDING, next_at__lte=Now()
        )
    )
    if request is not None:
        request.error = "no answer within the lease"
        _unknown(request)
        note(request, f"{request.kind}: no answer within the lease")
