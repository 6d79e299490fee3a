"""Sending an order upstream: claim and commit, call, commit the answer.

No `add` leaves while an earlier one of the same order is not proved refused or not
executed. What cannot be told is *unknown*: not repeated, not refunded, flagged.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, localcontext

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now

from accounts.models import User
from ledger import actions as ledger
from notices import actions as notices
from orders.actions.costs import book_expected_cost
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import Outcome, Status, Submission
from orders.models import Attempt, Order
from orders.payload import add_fields
from provider import actions as providers
from provider.client import Exchange
from provider.models import Offer, Provider, Reply
from provider.protocol.replies import AddAnswer, AddOutcome
from provider.queries import exchange_rate, first_offer
from provider.upstream import archive, client_of, postpone_calls, take_call
from shop.money import PLACES, cost, round_up

# Seconds. A provider that is full or spaced by its rate limit is tried again soon, one
# that is paused or has withdrawn the offer later.
SOON = 1.0
LATER = 15.0
# The sweeper moves an order so far ahead when it rings for it, and rings again then.
HINT = 10
# Between the tries of an order that is held, in seconds: 5, 15, 60 minutes.
HELD_WAITS = (300, 900, 3600)
MOST_ATTEMPTS = 20


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
    offer = first_offer(service=order.service) if order else None
    if order is None or offer is None:
        return None
    # The provider's row is locked first, so that two claims cannot both take the last
    # free place; then the order's, unless somebody else has it.
    provider = Provider.objects.select_for_update(no_key=True).get(pk=offer.provider_id)
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
    if (wait := _must_wait(provider, offer)) is not None:
        Order.objects.filter(pk=order_id).update(
            next_at=Now() + timedelta(seconds=wait)
        )
        return None
    return _take(locked, offer, provider)


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
    if rate is None or _costs_too_much(order, offer, rate):
        transition(
            [
                Change(
                    order_id=order.pk,
                    expected=Submission.QUEUED,
                    submission=Submission.HELD,
                    reason="it would cost more than the customer paid",
                    flag="it would cost more than the customer paid",
                    wait=HELD_WAITS[0],
                )
            ]
        )
        tell_staff(order, "it would cost more than the customer paid")
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


def _costs_too_much(order: Order, offer: Offer, rate: Decimal) -> bool:
    """Return whether the newest cost exceeds what was charged (I6)."""
    with localcontext(prec=60):
        exact: Decimal = offer.rate_seen * rate * order.units
        if not order.rule.per_package:
            exact /= 1000
        return bool(round_up(exact, Decimal(1).scaleb(-PLACES)) > order.charge)


def apply_answer(*, attempt: Attempt, answer: AddAnswer, exchange: Exchange) -> None:
    """Commit what an answer to `attempt` means for its order.

    An id that is ours already proves nothing: such an answer counts as unknown. An
    answer to an attempt that has one already changes nothing.
    """
    try:
        _apply_answer(attempt, answer, exchange)
    except IntegrityError:
        # Two answers with one id at the same moment: the second finds it taken.
        _apply_answer(attempt, answer, exchange)


@transaction.atomic(durable=True)
def _apply_answer(attempt: Attempt, answer: AddAnswer, exchange: Exchange) -> None:
    reply = archive(provider=attempt.provider, exchange=exchange)
    if answer.outcome == AddOutcome.ACCEPTED and _is_taken(attempt, answer.upstream_id):
        answer = replace(
            answer,
            outcome=AddOutcome.UNKNOWN,
            error=f"the id {answer.upstream_id} is another order's",
            upstream_id=None,
        )
    answered = Attempt.objects.filter(pk=attempt.pk, answered_at=None).update(
        answered_at=Now(),
        outcome=_OUTCOMES[answer.outcome],
        upstream_id=answer.upstream_id,
        error=answer.error[:300],
        reply=reply,
    )
    if not answered:
        return
    # Money may go back: the customer's accounts are locked before the order is.
    ledger.lock_customers(customer_ids=[attempt.order.customer_id])
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(
        pk=attempt.order_id
    )
    is_last = not order.attempts.filter(no__gt=attempt.no).exists()
    if is_last and order.submission in {Submission.SENDING, Submission.UNKNOWN}:
        _apply_to(order, attempt, answer, reply)
    elif answer.outcome == AddOutcome.ACCEPTED:
        _flag_second(order, answer, reply)


_OUTCOMES = {
    AddOutcome.ACCEPTED: Outcome.ACCEPTED,
    AddOutcome.REFUSED: Outcome.REFUSED,
    AddOutcome.HELD_FUNDS: Outcome.HELD,
    AddOutcome.HELD_LINK: Outcome.HELD,
    AddOutcome.HELD_WORDING: Outcome.HELD,
    AddOutcome.NOT_EXECUTED: Outcome.NOT_EXECUTED,
    AddOutcome.PROVIDER_DOWN: Outcome.NOT_EXECUTED,
    AddOutcome.UNKNOWN: Outcome.UNKNOWN,
}


def _is_taken(attempt: Attempt, upstream_id: str | None) -> bool:
    return Attempt.objects.filter(
        provider=attempt.provider, upstream_id=upstream_id
    ).exists()


def _apply_to(order: Order, attempt: Attempt, answer: AddAnswer, reply: Reply) -> None:
    late = order.submission == Submission.UNKNOWN
    base = Change(order_id=order.pk, reason=answer.error or "accepted", reply=reply)
    match answer.outcome:
        case AddOutcome.ACCEPTED:
            transition(
                [
                    replace(
                        base,
                        submission=Submission.ACCEPTED,
                        reason=f"accepted as {answer.upstream_id}",
                        provider_id=attempt.provider_id,
                        upstream_id=answer.upstream_id,
                        wait=settings.TRACK_INTERVAL,
                        flag="",
                    )
                ]
            )
            book_expected_cost(attempt=attempt, provider=attempt.provider)
        case AddOutcome.UNKNOWN:
            if not late:
                give_up_waiting(order_id=order.pk, reason=answer.error, reply=reply)
        case AddOutcome.REFUSED if not late:
            transition([replace(base, submission=Submission.REFUSED, wait=LATER)])
            withdraw(order=order, reason=answer.error, reply=reply)
        case AddOutcome.HELD_FUNDS | AddOutcome.HELD_LINK | AddOutcome.HELD_WORDING:
            if not late:
                _hold(order, attempt, answer, base)
        case _:
            _queue_again(order, attempt, answer, base)


def _hold(order: Order, attempt: Attempt, answer: AddAnswer, base: Change) -> None:
    """Keep the order: the customer has paid, and the provider will take it later.

    Wording that nobody has explained yet is not retried: staff name its class once.
    """
    new_wording = answer.outcome == AddOutcome.HELD_WORDING
    exhausted = attempt.no >= MOST_ATTEMPTS
    wait = HELD_WAITS[min(attempt.no, len(HELD_WAITS)) - 1]
    stop = new_wording or exhausted
    text = f"{'new wording' if new_wording else answer.outcome}: {answer.error}"
    transition(
        [
            replace(
                base,
                submission=Submission.HELD,
                reason=text,
                wait=None if stop else wait,
                done_waiting=stop,
                flag=text if stop else None,
            )
        ]
    )
    tell_staff(order, text)


def _queue_again(
    order: Order, attempt: Attempt, answer: AddAnswer, base: Change
) -> None:
    """Queue an order that was proved not executed; a late proof frees an unknown one."""
    if answer.outcome == AddOutcome.PROVIDER_DOWN:
        providers.pause_in_transaction(provider=attempt.provider, reason=answer.error)
    if answer.retry_after:
        postpone_calls(provider_id=attempt.provider_id, seconds=answer.retry_after)
    exhausted = attempt.no >= MOST_ATTEMPTS
    wait = answer.retry_after or min(2.0**attempt.no, 300.0)
    transition(
        [
            replace(
                base,
                submission=Submission.QUEUED,
                # A poison order is left to staff rather than sent for ever.
                wait=None if exhausted else wait,
                done_waiting=exhausted,
                flag=f"{attempt.no} attempts: {answer.error}" if exhausted else "",
            )
        ]
    )


def _flag_second(order: Order, answer: AddAnswer, reply: Reply) -> None:
    text = f"two upstream orders: {answer.upstream_id} is also ours"
    transition([Change(order_id=order.pk, reason=text, flag=text, reply=reply)])
    tell_staff(order, text)


def give_up_waiting(*, order_id: int, reason: str, reply: Reply | None = None) -> None:
    """Make an order that is being sent unknown, and flag it; inside the caller's step.

    Nothing repeats or refunds it by itself.
    """
    (order,) = transition(
        [
            Change(
                order_id=order_id,
                expected=Submission.SENDING,
                submission=Submission.UNKNOWN,
                reason=reason,
                flag=f"unknown whether it was accepted: {reason}",
                done_waiting=True,
                reply=reply,
            )
        ]
    )
    tell_staff(order, f"unknown whether it was accepted: {reason}")


def withdraw(
    *, order: Order, reason: str, reply: Reply | None = None, by: User | None = None
) -> None:
    """End an order that is not upstream, and give the whole charge back.

    Inside the caller's step, which has locked the customer's accounts.
    """
    transition(
        [
            Change(
                order_id=order.pk,
                submission=Submission.WITHDRAWN,
                status=Status.CANCELED,
                refunded=order.charge,
                reason=reason,
                done_waiting=True,
                flag="",
                reply=reply,
                by=by,
            )
        ]
    )


def tell_staff(order: Order, text: str) -> None:
    """Alert the staff about an order, once per cause."""
    notices.tell_staff(
        key=f"order:{order.pk}:{text}"[:200],
        subject=f"Order {order.pk}: {text}",
        text=text,
    )
