"""Sending an order upstream: claim and commit, call, commit the answer.

No `add` leaves while an earlier one of the same order is not proved refused or not
executed.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    transaction,
)
from django.db.models import Max
from django.db.models.functions import Now

from ledger import actions as ledger
from orders.actions import express
from orders.actions.answering import apply_answer, keep
from orders.actions.holding import hold
from orders.actions.telling import tell_staff
from orders.actions.transitions import transition
from orders.actions.withdrawing import withdraw
from orders.changes import Change
from orders.enums import HoldReason, Outcome, Submission
from orders.models import Attempt, Order
from orders.payload import add_fields
from orders.routing import AllRefused, NoWay, Way, choose, places, usable
from provider.client import Exchange
from provider.enums import LossPolicy
from provider.models import Provider
from provider.protocol.replies import AddAnswer
from provider.queries import exchange_rates, offers_of
from provider.upstream import client_of, take_call
from shop.money import cost

logger = logging.getLogger(__name__)

# Seconds. A provider that is full or spaced by its rate limit is tried again soon, one
# that is paused or has withdrawn the offer later.
SOON = 1.0
LATER = 15.0
# The sweeper moves an order so far ahead when it rings for it, and rings again then.
HINT = 10
# A claim that fails by itself, so often in a row, is left to staff.
POISON = 5


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

    An order in the plain case takes the express lane, which does the same.
    """
    try:
        express_claim = express.claim(order_id=order_id, hint=HINT)
        claim = None if express_claim else _claim(order_id)
    except IntegrityError:
        # Somebody else has just taken the place.
        _wait_for_a_place(order_id)
        return
    except (OperationalError, InterfaceError):
        # The database is away, for all orders: the sweeper rings again.
        raise
    except Exception:
        logger.exception("Order %s cannot be claimed", order_id)
        _push(order_id)
        return
    if express_claim is not None:
        _send_express(express_claim)
    elif claim is not None:
        _send(claim)


def _send(claim: Claim) -> None:
    answer, exchange = client_of(claim.provider).add(claim.fields)
    keep(partial(apply_answer, attempt=claim.attempt, answer=answer, exchange=exchange))


def _send_express(claim: express.Express) -> None:
    """Send an order that was claimed in the express lane."""
    answer, exchange = claim.client.add(claim.fields)
    keep(partial(_apply, claim, answer, exchange))


def _apply(claim: express.Express, answer: AddAnswer, exchange: Exchange) -> None:
    """Commit the answer, by the way that it needs."""
    if not express.accept(claimed=claim, answer=answer, exchange=exchange):
        attempts = Attempt.objects.select_related("order", "provider")
        attempt = attempts.get(pk=claim.attempt_id)
        apply_answer(attempt=attempt, answer=answer, exchange=exchange)


@transaction.atomic(durable=True)
def _claim(order_id: int) -> Claim | None:
    queued = Order.objects.filter(pk=order_id, submission=Submission.QUEUED)
    order = queued.select_related("service").annotate(now=Now()).first()
    if order is None:
        return None
    try:
        way = _choose(order, now=vars(order)["now"])
    except AllRefused:
        _end(order, "everybody who sells it has refused it")
        return None
    if isinstance(way, NoWay):
        _wait_or_hold(order, way)
        return None
    # The provider's row is locked first, so that two claims cannot both take the last
    # free place; then the order's, unless somebody else has it.
    provider, now = _lock_provider(way.offer.provider_id)
    locked = _lock(order_id)
    if locked is None:
        return None
    place = _free_place(provider, now)
    if place is None:
        _postpone(order_id, SOON)
        return None
    return _take(locked, way, provider, place)


def _choose(order: Order, *, now: datetime) -> Way | NoWay:
    offers = offers_of(service_id=order.service_id)
    refused = order.attempts.filter(outcome=Outcome.REFUSED)
    return choose(
        order,
        offers,
        refused=frozenset(refused.values_list("offer_id", flat=True)),
        rates=exchange_rates(bases=(offer.provider.currency for offer in offers)),
        now=now,
    )


def _lock_provider(provider_id: int) -> tuple[Provider, datetime]:
    """Lock the provider's row; return it, and the time by the database's clock."""
    locked = Provider.objects.select_for_update(no_key=True).annotate(now=Now())
    provider = locked.get(pk=provider_id)
    return provider, provider.now


def _lock(order_id: int) -> Order | None:
    """Lock the order if it is still queued and due, and nobody else has it."""
    return (
        Order.objects.filter(
            pk=order_id,
            submission=Submission.QUEUED,
            next_at__lte=Now() + timedelta(seconds=HINT),
        )
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("service")
        .first()
    )


def _free_place(provider: Provider, now: datetime) -> int | None:
    """Return a place among the orders under way, with a call to use it; else None.

    No two attempts hold one place (attempt_one_per_place): one that the express lane
    takes at this very moment is refused to this claim.
    """
    if not usable(provider, now=now):
        return None
    held = Attempt.objects.filter(
        provider=provider, answered_at=None, place__isnull=False
    ).values_list("place", flat=True)
    # A circuit that is tried lets one order through, whatever places there are.
    free = set(range(1, provider.max_in_flight + 1)) - set(held)
    if len(held) >= places(provider) or not free:
        return None
    return min(free) if take_call(provider_id=provider.pk) else None


def _postpone(order_id: int, seconds: float) -> None:
    Order.objects.filter(pk=order_id).update(next_at=Now() + timedelta(seconds=seconds))


@transaction.atomic(durable=True)
def _wait_for_a_place(order_id: int) -> None:
    if _lock(order_id) is not None:
        _postpone(order_id, SOON)


def _wait_or_hold(order: Order, way: NoWay) -> None:
    """Leave an order that nothing sells now for later, or for staff."""
    held_for = way.held_for
    if held_for == HoldReason.COST and order.service.loss_policy == LossPolicy.REFUND:
        _end(order, way.why)
        return
    locked = _lock(order.pk)
    if locked is None:
        return
    if held_for is None:
        _postpone(order.pk, LATER)
    else:
        hold(order=locked, held_for=held_for, why=way.why)


def _end(order: Order, why: str) -> None:
    """Withdraw an order that nobody will take: accounts are locked before it is.

    One that an earlier attempt has made after all is left to staff, not refunded.
    """
    ledger.lock_customers(customer_ids=[order.customer_id])
    locked = _lock(order.pk)
    if locked is None:
        return
    if locked.attempts.filter(upstream_id__isnull=False).exists():
        hold(order=locked, held_for=HoldReason.ROUTE, why=why, stop=True)
    else:
        withdraw(order=locked, reason=why)


def _take(order: Order, way: Way, provider: Provider, place: int) -> Claim:
    """Record the attempt, and that the order is being sent."""
    offer = way.offer
    per_package = order.rule.per_package
    last = order.attempts.aggregate(no=Max("no"))["no"] or 0
    attempt = Attempt.objects.create(
        order=order,
        no=last + 1,
        place=place,
        provider=provider,
        offer=offer,
        expected_cost=cost(offer.rate_seen, order.units, per_package=per_package),
        currency=provider.currency,
        fx_rate=way.fx_rate,
        balance_before=provider.balance,
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
    return Claim(attempt, provider, add_fields(attempt=attempt))


@transaction.atomic(durable=True)
def _push(order_id: int) -> None:
    """Push an order whose claim fails by itself ahead; in the end staff look at it."""
    order = _lock(order_id)
    if order is None:
        return
    errors = order.errors + 1
    if errors >= POISON:
        text = f"it failed {errors} times before it could be sent"
        transition([Change(order_id=order_id, reason=text, flag=text)])
        tell_staff(order_id, text)
    Order.objects.filter(pk=order_id).update(
        errors=min(errors, 30_000),
        next_at=Now() + timedelta(seconds=min(2.0**errors, settings.HELD_WAITS[-1])),
    )
