"""Following accepted refills until the provider says how they ended."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from notices import actions as notices
from orders.enums import RefillStatus, RequestKind, RequestState
from orders.models import OrderRequest
from provider import actions as providers
from provider.client import CallFailed
from provider.models import Provider
from provider.protocol.replies import RefillStatusRow
from provider.protocol.statuses import RefillStatus as Upstream
from provider.upstream import client_of, take_call

LEASE = 90
MISSES = 5
ENDED = {
    Upstream.COMPLETED: RefillStatus.COMPLETED,
    Upstream.REJECTED: RefillStatus.REJECTED,
    Upstream.CANCELED: RefillStatus.REJECTED,
    Upstream.ERROR: RefillStatus.REJECTED,
}
UNDER_WAY = {
    Upstream.PENDING: RefillStatus.REQUESTED,
    Upstream.IN_PROGRESS: RefillStatus.IN_PROGRESS,
}


def track_refills(*, provider_id: int) -> int:
    """Ask a provider about its due refills; return how many were asked about."""
    provider = Provider.objects.filter(pk=provider_id, active=True).first()
    refills = _claim(provider) if provider else []
    if provider is None or not refills:
        return 0
    try:
        answers, _exchange, one_by_one = client_of(provider).refill_statuses(
            [refill.upstream_id for refill in refills]
        )
    except CallFailed:
        # The claim has pushed them ahead already.
        return len(refills)
    if one_by_one and not provider.refill_status_one_by_one:
        providers.remember_refill_status_one_by_one(provider=provider)
    _apply(refills, answers)
    return len(refills)


@transaction.atomic(durable=True)
def _claim(provider: Provider) -> list[OrderRequest]:
    due = OrderRequest.objects.filter(
        kind=RequestKind.REFILL,
        state=RequestState.ACCEPTED,
        order__provider=provider,
        next_at__lte=Now(),
    )
    if not due.exists() or not take_call(provider_id=provider.pk):
        return []
    refills = list(
        due.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by(
            "next_at"
        )[: provider.batch_size]
    )
    OrderRequest.objects.filter(pk__in=[refill.pk for refill in refills]).update(
        next_at=Now() + timedelta(seconds=LEASE)
    )
    return refills


@transaction.atomic(durable=True)
def _apply(
    refills: Sequence[OrderRequest], answers: Mapping[str, RefillStatusRow]
) -> None:
    for refill in refills:
        answer = answers.get(refill.upstream_id)
        status = answer.status if answer else None
        if status and (end := ENDED.get(status)):
            _end(refill, end)
        elif status and (now := UNDER_WAY.get(status)):
            _go_on(refill, now)
        else:
            _miss(refill, answer)


def _end(refill: OrderRequest, status: RefillStatus) -> None:
    OrderRequest.objects.filter(pk=refill.pk).update(
        status=status, next_at=None, flagged_at=None, closed_at=Now(), misses=0
    )


def _go_on(refill: OrderRequest, status: RefillStatus) -> None:
    OrderRequest.objects.filter(pk=refill.pk).update(
        status=status,
        misses=0,
        next_at=Now() + timedelta(seconds=settings.TRACK_INTERVAL * 4),
    )


def _miss(refill: OrderRequest, answer: RefillStatusRow | None) -> None:
    """A word that is not known, or none: nothing changes, and in the end staff are told."""
    misses = refill.misses + 1
    OrderRequest.objects.filter(pk=refill.pk).update(
        misses=min(misses, 30_000),
        next_at=Now() + timedelta(seconds=settings.TRACK_INTERVAL_MAX),
    )
    if misses == MISSES:
        OrderRequest.objects.filter(pk=refill.pk).update(flagged_at=Now())
        notices.tell_staff(
            key=f"request:{refill.pk}:unclear",
            subject=f"Order {refill.order_id}: its refill's status is unclear",
            text=answer.status_given if answer else "",
        )
