"""Sending refills and cancels: claim a batch and commit, call, commit the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.actions.request_answering import apply_request_answers, close, put_back
from orders.actions.requesting import note
from orders.enums import RefillStatus, RequestKind, RequestState, Status
from orders.models import Order, OrderRequest
from provider import actions as providers
from provider.client import Exchange
from provider.models import Provider
from provider.protocol.replies import CancelAnswer, RefillAnswer
from provider.upstream import client_of, take_call


@dataclass(frozen=True)
class Batch:
    """Requests of one kind that are ours to send to one provider, in one call."""

    provider: Provider
    kind: RequestKind
    requests: list[OrderRequest]


def send_requests(*, provider_id: int) -> int:
    """Send a provider's due requests, one call for each kind; return how many.

    1. Commit the claim: `sending`, a lease.
    2. Call `refill` or `cancel` for all of them, with no transaction open.
    3. Commit each answer. Where the batch was refused as a whole, nothing was done:
       the provider is remembered, and each is sent alone.
    """
    return sum(_send(provider_id, kind) for kind in RequestKind)


def _send(provider_id: int, kind: RequestKind) -> int:
    batch = _claim(provider_id, kind)
    if batch is None:
        return 0
    provider, requests = batch.provider, batch.requests
    answers, exchange = _call(batch)
    if any(answer.whole for answer in answers.values()):
        # First this: whoever sends them as a batch once more is refused once more.
        put_back(provider=provider, requests=requests, exchange=exchange)
        providers.remember_requests_one_by_one(provider=provider)
    else:
        apply_request_answers(
            provider=provider, requests=requests, answers=answers, exchange=exchange
        )
    return len(requests)


def _call(
    batch: Batch,
) -> tuple[Mapping[str, RefillAnswer] | Mapping[str, CancelAnswer], Exchange]:
    client = client_of(batch.provider)
    ids = [request.order.upstream_id or "" for request in batch.requests]
    return (
        client.refill(ids) if batch.kind == RequestKind.REFILL else client.cancel(ids)
    )


@transaction.atomic(durable=True)
def _claim(provider_id: int, kind: RequestKind) -> Batch | None:
    """Claim up to a batch, the longest due first; None where nothing can be sent now.

    The provider's row is locked first, so that two senders cannot both find nobody
    sending. One that is paused or left alone gets them later.
    """
    provider = (
        Provider.objects.select_for_update(no_key=True)
        .filter(pk=provider_id, paused_at=None)
        .exclude(open_until__gt=Now())
        .first()
    )
    mine = OrderRequest.objects.filter(order__provider_id=provider_id, kind=kind)
    due = mine.filter(state=RequestState.REQUESTED, next_at__lte=Now())
    # A provider that hangs occupies one thread for each kind, not all.
    sending = mine.filter(state=RequestState.SENDING, next_at__gt=Now())
    if provider is None or sending.exists() or not due.exists():
        return None
    if not take_call(provider_id=provider.pk):
        return None
    size = 1 if provider.requests_one_by_one else provider.batch_size
    requests = [request for request in _lock(due, size) if not _drop(request)]
    OrderRequest.objects.filter(pk__in=[request.pk for request in requests]).update(
        state=RequestState.SENDING,
        next_at=Now() + timedelta(seconds=settings.ATTEMPT_LEASE),
    )
    return Batch(provider, kind, requests) if requests else None


def _lock(due: QuerySet[OrderRequest], size: int) -> list[OrderRequest]:
    """Lock orders by id, but for those that somebody else has, then their requests."""
    chosen = due.order_by("next_at", "id").values_list("order_id", flat=True)[:size]
    orders = (
        Order.objects.filter(pk__in=list(chosen))
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .order_by("id")
    )
    return list(
        due.filter(order__in=list(orders))
        .select_for_update(of=("self",), no_key=True)
        .select_related("order__customer", "reply")
        .order_by("id")
    )


def _drop(request: OrderRequest) -> bool:
    """Close a request whose order is not any more where it is for; return whether so."""
    order = request.order
    if request.kind == RequestKind.CANCEL:
        in_place = order.is_open
    else:
        in_place = order.status == Status.COMPLETED
    if not in_place:
        close(request, RequestState.REFUSED, RefillStatus.REJECTED)
        note(request, f"{request.kind}: not sent, the order has ended otherwise")
    return not in_place
