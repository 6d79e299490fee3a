"""Following accepted refills until the provider says how they ended."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from notices import actions as notices
from orders.actions.request_answering import lock_requests
from orders.actions.requesting import note
from orders.actions.telling import tell_of_failed_call, tell_of_refill
from orders.enums import RefillStatus, RequestKind, RequestState
from orders.models import OrderRequest
from orders.settlement import MISSES
from provider import actions as providers
from provider.client import CallFailed, Exchange
from provider.models import Provider, Reply
from provider.protocol.replies import RefillStatusRow
from provider.protocol.statuses import RefillStatus as Upstream
from provider.upstream import archive, client_of, postpone_calls, take_call
from shop.ticks import release, take

MEANS: Mapping[Upstream, RefillStatus] = {
    Upstream.PENDING: RefillStatus.REQUESTED,
    Upstream.IN_PROGRESS: RefillStatus.IN_PROGRESS,
    Upstream.COMPLETED: RefillStatus.COMPLETED,
    Upstream.REJECTED: RefillStatus.REJECTED,
    Upstream.CANCELED: RefillStatus.REJECTED,
    Upstream.ERROR: RefillStatus.REJECTED,
}
ENDED = frozenset({RefillStatus.COMPLETED, RefillStatus.REJECTED})


def track_refills(*, provider_id: int) -> int:
    """Ask a provider about its due refills; return how many were asked about.

    Nobody else asks it meanwhile: a provider that hangs occupies one thread.
    """
    provider = Provider.objects.filter(pk=provider_id).first()
    refills = _claim(provider) if provider else []
    if provider is None or not refills:
        return 0
    try:
        return _ask(provider, refills)
    finally:
        release(_lease(provider))


def _ask(provider: Provider, refills: Sequence[OrderRequest]) -> int:
    try:
        answers, exchange, one_by_one = client_of(provider).refill_statuses(
            [refill.upstream_id for refill in refills]
        )
    except CallFailed as error:
        _postpone(provider, error)
        return 0
    if one_by_one and not provider.refill_status_one_by_one:
        providers.remember_refill_status_one_by_one(provider=provider)
    apply_refill_statuses(
        provider=provider, refills=refills, answers=answers, exchange=exchange
    )
    return len(refills)


def _lease(provider: Provider) -> str:
    return f"orders.refills:{provider.pk}"


@transaction.atomic(durable=True)
def _claim(provider: Provider) -> list[OrderRequest]:
    due = OrderRequest.objects.filter(
        kind=RequestKind.REFILL,
        state=RequestState.ACCEPTED,
        order__provider=provider,
        next_at__lte=Now(),
    )
    if not due.exists() or not take(_lease(provider), every=settings.ATTEMPT_LEASE):
        return []
    refills = list(
        due.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by(
            "next_at"
        )[: provider.batch_size]
    )
    refills = refills[: _calls(provider, len(refills))]
    if not refills:
        release(_lease(provider))
    OrderRequest.objects.filter(pk__in=[refill.pk for refill in refills]).update(
        next_at=Now() + timedelta(seconds=settings.ATTEMPT_LEASE)
    )
    return refills


def _calls(provider: Provider, wanted: int) -> int:
    """Return for how many refills the rate limit has room: together they are one call,
    unless the provider is known to be asked one by one."""
    if not provider.refill_status_one_by_one:
        return wanted if take_call(provider_id=provider.pk) else 0
    taken = 0
    while taken < wanted and take_call(provider_id=provider.pk):
        taken += 1
    return taken


@transaction.atomic(durable=True)
def _postpone(provider: Provider, error: CallFailed) -> None:
    """No usable answer changes nothing; the claim has pushed the refills ahead."""
    if error.retry_after:
        postpone_calls(provider_id=provider.pk, seconds=error.retry_after)
    tell_of_failed_call(provider, error)


@transaction.atomic(durable=True)
def apply_refill_statuses(
    *,
    provider: Provider,
    refills: Sequence[OrderRequest],
    answers: Mapping[str, RefillStatusRow],
    exchange: Exchange,
) -> None:
    """Apply what a provider said of `refills`; one that was closed meanwhile stays so."""
    reply = None
    for refill in lock_requests(_still_followed(refills)):
        answer = answers.get(refill.upstream_id)
        status = MEANS.get(answer.status) if answer and answer.status else None
        if status is None:
            _miss(refill, answer)
            continue
        if status != refill.status:
            reply = reply or archive(provider=provider, exchange=exchange)
        _move(refill, status, reply)


def _still_followed(refills: Sequence[OrderRequest]) -> QuerySet[OrderRequest]:
    return OrderRequest.objects.filter(
        pk__in=[refill.pk for refill in refills], closed_at=None
    )


def _move(refill: OrderRequest, status: RefillStatus, reply: Reply | None) -> None:
    moved = refill.status != status
    refill.status = status
    refill.misses = 0
    refill.flagged_at = None
    if status in ENDED:
        refill.next_at, refill.closed_at = None, Now()
    else:
        refill.next_at = Now() + timedelta(seconds=settings.TRACK_INTERVAL * 4)
    if moved:
        refill.reply = reply
        note(refill, f"refill: {status}")
    if moved and status in ENDED:
        tell_of_refill(refill)
    _save(refill)


def _miss(refill: OrderRequest, answer: RefillStatusRow | None) -> None:
    """A word that is not known, or none: nothing changes, and in the end staff are told."""
    refill.misses = min(refill.misses + 1, 30_000)
    refill.next_at = Now() + timedelta(seconds=settings.TRACK_INTERVAL_MAX)
    if refill.misses == MISSES:
        refill.flagged_at = Now()
        notices.tell_staff(
            key=f"request:{refill.pk}:unclear",
            subject=f"Order {refill.order_id}: its refill's status is unclear",
            text=answer.status_given if answer else "",
        )
    _save(refill)


def _save(refill: OrderRequest) -> None:
    refill.save(
        update_fields=[
            "status", "misses", "flagged_at", "next_at", "closed_at", "reply",
        ]
    )  # fmt: skip
