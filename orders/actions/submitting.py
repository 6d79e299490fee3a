"""Sending an order upstream: claim and commit, call, commit the answer.

No `add` leaves while an earlier one of the same order is not proved refused or not
executed.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from orders.actions.answering import HELD_WAITS, apply_answer
from orders.actions.telling import tell_staff
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import HoldReason, Submission
from orders.models import Attempt, Order
from orders.payload import add_fields
from provider.models import Offer, Provider
from provider.queries import exchange_rate, first_offer
from provider.upstream import client_of, take_call
from shop.money import PLACES, cost, round_up

# Seconds. A provider that is full or spaced by its rate limit is tried again soon, one
# that is paused or has withdrawn the offer later.
SOON = 1.0
LATER = 15.0
# The sweeper moves an order so far ahead when it rings for it, and rings again then.
HINT = 10


@dataclass(frozen=True)
class Claim:
    """An order that is ours to send, and what to send."""

    attempt: Attempt
    provider: Provider
    fields: dict[str, str]


def submit(*, order_id: int) -> None:
    """Send an order that is queued and due; nothing happens to any other.

    1. Commit the claim: `sending`, an attempt, a lease.
    2. Call `add`, with no transaction open.
    3. Commit what the answer means.
    """
    claim = _claim(order_id)
    if claim is None:
        return
    answer, exchange = client_of(claim.provider).add(claim.fields)
    apply_answer(attempt=claim.attempt, answer=answer, exchange=exchange)


@transaction.atomic(durable=True)
def _claim(order_id: int) -> Claim | None:
    order = (
        Order.objects.filter(pk=order_id, submission=Submission.QUEUED)
        .select_related("service")
        .first()
    )
    if order is None:
        return None
    # The provider's row is locked first, so that two claims cannot both take the last
    # free place; then the order's, unless somebody else has it.
    offer = first_offer(service=order.service)
    provider = _lock_provider(offer) if offer else None
    locked = (
        Order.objects.filter(
            pk=order_id,
            submission=Submission.QUEUED,
            next_at__lte=Now() + timedelta(seconds=HINT),
        )
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .first()
    )
    if locked is None:
        return None
    if offer is None or provider is None:
        _hold(locked, HoldReason.ROUTE, "nobody sells it to us at present")
        return None
    if (wait := _must_wait(provider, offer)) is not None:
        Order.objects.filter(pk=order_id).update(
            next_at=Now() + timedelta(seconds=wait)
        )
        return None
    return _take(locked, offer, provider)


def _lock_provider(offer: Offer) -> Provider:
    return Provider.objects.select_for_update(no_key=True).get(pk=offer.provider_id)


def _must_wait(provider: Provider, offer: Offer) -> float | None:
    """Return for how many seconds nothing can be sent, or None where it can now."""
    if not provider.active or provider.paused_at or offer.withdrawn_at:
        return LATER
    in_flight = Attempt.objects.filter(
        provider=provider, answered_at=None, lease_until__gt=Now()
    ).count()
    if in_flight >= provider.max_in_flight or not take_call(provider_id=provider.pk):
        return SOON
    return None


def _take(order: Order, offer: Offer, provider: Provider) -> Claim | None:
    rate = exchange_rate(base=provider.currency)
    if rate is None:
        _hold(order, HoldReason.RATE, f"nobody said what one {provider.currency} costs")
        return None
    if _costs_too_much(order, offer, rate):
        _hold(order, HoldReason.COST, "it would cost more than the customer paid")
        return None
    per_package = order.rule.per_package
    last = order.attempts.aggregate(no=Max("no"))["no"] or 0
    attempt = Attempt.objects.create(
        order=order,
        no=last + 1,
        provider=provider,
        offer=offer,
        expected_cost=cost(offer.rate_seen, order.units, per_package=per_package),
        currency=provider.currency,
        fx_rate=rate,
        lease_until=Now() + timedelta(seconds=settings.ATTEMPT_LEASE),
    )
    transition(
        [
            Change(
                order_id=order.pk,
                expected=Submission.QUEUED,
                submission=Submission.SENDING,
                reason=f"attempt {attempt.no} at {provider}",
                wait=settings.ATTEMPT_LEASE,
            )
        ]
    )
    return Claim(attempt, provider, add_fields(order=order, offer=offer))


def _hold(order: Order, held_for: HoldReason, why: str) -> None:
    """Hold an order that cannot be sent now, flagged; it is tried again ever later."""
    transition(
        [
            Change(
                order_id=order.pk,
                expected=Submission.QUEUED,
                submission=Submission.HELD,
                held_for=held_for,
                reason=why,
                flag=why,
                wait=HELD_WAITS[min(order.holds, len(HELD_WAITS) - 1)],
            )
        ]
    )
    tell_staff(order.pk, why)


def _costs_too_much(order: Order, offer: Offer, rate: Decimal) -> bool:
    """Return whether the newest cost exceeds what was charged (I6)."""
    with localcontext(prec=60):
        exact: Decimal = offer.rate_seen * rate * order.units
        if not order.rule.per_package:
            exact /= 1000
        return bool(round_up(exact, Decimal(1).scaleb(-PLACES)) > order.charge)
