"""What an answer to a refill or a cancel means, or that there was none.

A cancel may be repeated, as the order's status moves the money; a refill may not: what
cannot be told stays unknown, for staff.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from notices import actions as notices
from orders.actions.requesting import note
from orders.actions.telling import tell_of_refill
from orders.enums import OPEN, RefillStatus, RequestKind, RequestState
from orders.models import Order, OrderRequest
from orders.settlement import MISSES
from provider.client import Exchange
from provider.models import Provider, Reply
from provider.protocol.replies import CancelAnswer, RefillAnswer, RequestOutcome
from provider.upstream import archive

logger = logging.getLogger(__name__)

# Seconds until a request that was not executed is sent again, the first few times.
AGAIN = 60
# Whoever gives a refill its upstream id holds this advisory lock of its provider, the
# last lock that is taken: no two refills of a provider get the same id.
REFILL_IDS = 7_001
Answer = RefillAnswer | CancelAnswer
LEFT_OUT = RefillAnswer(RequestOutcome.UNKNOWN, error="left_out")


def lock_requests(found: QuerySet[OrderRequest]) -> list[OrderRequest]:
    """Lock the orders of the requests in `found` by id, then those still found."""
    orders = Order.objects.filter(pk__in=list(found.values_list("order_id", flat=True)))
    list(orders.select_for_update(of=("self",), no_key=True).order_by("id"))
    return list(
        found.select_for_update(of=("self",), no_key=True)
        .select_related("order__customer", "reply")
        .order_by("id")
    )


def apply_request_answers(
    *,
    provider: Provider,
    requests: Sequence[OrderRequest],
    answers: Mapping[str, Answer],
    exchange: Exchange,
) -> None:
    """Apply what a provider answered, by its orders' ids: as one set, or row by row.

    A row that fails by itself blocks no other. It is left to its lease: nobody knows
    then what was answered.
    """
    try:
        _apply(provider, requests, answers, exchange)
    except Exception:
        logger.warning("%s: answers are applied row by row", provider, exc_info=True)
        for request in requests:
            try:
                _apply(provider, [request], answers, exchange)
            except Exception:
                logger.exception("%s: its answer was not applied", request)


@transaction.atomic(durable=True)
def _apply(
    provider: Provider,
    requests: Sequence[OrderRequest],
    answers: Mapping[str, Answer],
    exchange: Exchange,
) -> None:
    reply = None
    for request in lock_requests(_all(requests)):
        answer = answers.get(request.order.upstream_id or "", LEFT_OUT)
        if _is_news(request, answer):
            reply = reply or archive(provider=provider, exchange=exchange)
            _answer(request, answer, reply)


@transaction.atomic(durable=True)
def put_back(
    *, provider: Provider, requests: Sequence[OrderRequest], exchange: Exchange
) -> None:
    """Make requests due again: their batch was refused as a whole, and nothing done."""
    reply = archive(provider=provider, exchange=exchange)
    for request in lock_requests(_all(requests).filter(state=RequestState.SENDING)):
        request.state = RequestState.REQUESTED
        request.next_at = Now()
        request.reply = reply
        _save(request)
        note(request, f"{request.kind}: not executed, as it was one of several")


def _all(requests: Sequence[OrderRequest]) -> QuerySet[OrderRequest]:
    return OrderRequest.objects.filter(pk__in=[request.pk for request in requests])


def _is_news(request: OrderRequest, answer: Answer) -> bool:
    """Whether the request waits for an answer, or this one tells of another refill.

    An answer may come after the lease, when staff have decided already.
    """
    if request.state in {RequestState.SENDING, RequestState.UNKNOWN}:
        return True
    return (
        isinstance(answer, RefillAnswer)
        and answer.outcome is RequestOutcome.ACCEPTED
        and answer.refill_id != request.upstream_id
    )


def _answer(request: OrderRequest, answer: Answer, reply: Reply) -> None:
    request.reply = reply
    if request.state == RequestState.ACCEPTED or request.closed_at is not None:
        _flag_second_refill(request, answer)
        return
    request.error = answer.error[:300]
    match answer.outcome:
        case RequestOutcome.ACCEPTED:
            _accept(request, answer)
        case RequestOutcome.REFUSED:
            close(request, RequestState.REFUSED, RefillStatus.REJECTED)
        case RequestOutcome.NOT_EXECUTED:
            _retry(request)
        case _:
            _unknown(request)
    note(request, f"{request.kind}: {answer.outcome} {request.error}".strip())


def _accept(request: OrderRequest, answer: Answer) -> None:
    if isinstance(answer, RefillAnswer):
        refill_id = answer.refill_id or ""
        if (other := refill_with(request, refill_id)) is not None:
            request.error = f"its id {refill_id} is that of {other}"
            _unknown(request)
        else:
            follow(request, refill_id)
        return
    # Accepted is not cancelled: the order's status will say.
    close(request, RequestState.ACCEPTED)
    Order.objects.filter(pk=request.order_id, next_at__isnull=False).update(
        next_at=Now()
    )


def refill_with(request: OrderRequest, refill_id: str) -> OrderRequest | None:
    """Return another refill of the same provider that has this id, if there is one.

    Until the end of the step nobody else gives an id to a refill of that provider.
    """
    provider_id = request.order.provider_id or 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [REFILL_IDS, provider_id]
        )
    return (
        OrderRequest.objects.filter(
            kind=RequestKind.REFILL,
            order__provider_id=provider_id,
            upstream_id=refill_id,
        )
        .exclude(pk=request.pk)
        .first()
    )


def follow(request: OrderRequest, refill_id: str) -> None:
    """Note under which id the provider has accepted a refill; it is asked about then."""
    request.state = RequestState.ACCEPTED
    request.upstream_id = refill_id
    request.flagged_at = None
    request.misses = 0
    request.next_at = Now() + timedelta(seconds=settings.TRACK_INTERVAL)
    _save(request)


def close(
    request: OrderRequest, state: RequestState, status: RefillStatus | None = None
) -> None:
    """End a request that is locked; a refill's customer is told how it ended."""
    request.state = state
    request.next_at = None
    request.flagged_at = None
    request.closed_at = Now()
    if request.kind == RequestKind.REFILL and status is not None:
        request.status = status
        tell_of_refill(request)
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
        _tell_in_vain(request)


def _unknown(request: OrderRequest) -> None:
    """A refill may have been made and is never asked for twice; a cancel is, a few times."""
    if request.kind == RequestKind.CANCEL and request.misses + 1 < MISSES:
        _retry(request)
        return
    request.misses = min(request.misses + 1, 30_000)
    request.state = RequestState.UNKNOWN
    request.next_at = None
    request.flagged_at = Now()
    _save(request)
    if request.kind == RequestKind.CANCEL:
        _tell_in_vain(request)
        return
    notices.tell_staff(
        key=f"request:{request.pk}:unknown",
        subject=f"Order {request.order_id}: unknown whether the refill was accepted",
        text=request.error,
    )


def _tell_in_vain(request: OrderRequest) -> None:
    notices.tell_staff(
        key=f"request:{request.pk}:in vain",
        subject=f"Order {request.order_id}: {request.kind} sent {MISSES} times in vain",
        text=request.error,
    )


def _flag_second_refill(request: OrderRequest, answer: Answer) -> None:
    """Tell staff of a refill that was accepted beside the one that is followed."""
    refill_id = answer.refill_id if isinstance(answer, RefillAnswer) else ""
    text = f"there is another refill upstream: {refill_id}"
    note(request, f"refill: {text}")
    notices.tell_staff(
        key=f"request:{request.pk}:second:{refill_id}",
        subject=f"Order {request.order_id}: {text}",
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
    due = OrderRequest.objects.filter(
        pk=request_id, state=RequestState.SENDING, next_at__lte=Now()
    )
    for request in lock_requests(due):
        request.error = "no answer within the lease"
        _unknown(request)
        note(request, f"{request.kind}: {request.error}")


@transaction.atomic(durable=True)
def close_moot_cancel(*, request_id: int) -> None:
    """Close an unknown cancel whose order has ended: nobody need find out any more."""
    unknown = OrderRequest.objects.filter(pk=request_id, state=RequestState.UNKNOWN)
    moot = unknown.filter(kind=RequestKind.CANCEL).exclude(order__status__in=OPEN)
    for request in lock_requests(moot):
        close(request, RequestState.REFUSED)
        note(request, "cancel: closed, the order has ended")
