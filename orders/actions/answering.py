"""What an answer to `add` means for its order, committed.

What cannot be told is *unknown*: not repeated, not refunded, flagged.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from time import monotonic, sleep

from django.conf import settings
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models.functions import Coalesce, Now

from ledger import actions as ledger
from orders.actions.costs import book_expected_cost, book_second_cost
from orders.actions.holding import hold
from orders.actions.telling import tell_staff
from orders.actions.transitions import transition
from orders.actions.withdrawing import withdraw
from orders.changes import EXISTS, TWICE, Change
from orders.enums import HoldReason, Outcome, Submission
from orders.models import Attempt, Delivery, Order
from provider import actions as providers
from provider.client import Exchange
from provider.models import Reply, Route
from provider.protocol.replies import AddAnswer, AddOutcome
from provider.upstream import archive, postpone_calls

logger = logging.getLogger(__name__)

# Between the tries of one that was not executed: doubling, up to 5 minutes.
LONGEST_BACKOFF = 300.0
MOST_ATTEMPTS = 20
# Seconds until it is first looked whether an unknown order exists after all, and
# between the tries to keep an answer while the database is away.
FIRST_LOOK = 5.0
AWAY = 0.5
# For so many seconds an answer is kept: longer than a database needs to come back.
KEPT = 120.0

_HELD_FOR = {
    AddOutcome.HELD_FUNDS: HoldReason.FUNDS,
    AddOutcome.HELD_LINK: HoldReason.LINK,
    AddOutcome.HELD_WORDING: HoldReason.WORDING,
}
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


def keep(apply: Callable[[], None]) -> None:
    """Apply an answer, again and again while the database is away.

    What it says was paid for and comes only once: a restart of the database must not
    lose it. After the lease the order is unknown meanwhile, and the answer a late one.
    """
    until = monotonic() + KEPT
    while True:
        try:
            return apply()
        except (OperationalError, InterfaceError) as error:
            if monotonic() >= until:
                raise
            logger.warning("An answer waits for the database: %s", type(error).__name__)
            connection.close()
            sleep(AWAY)


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
    if answer.outcome == AddOutcome.ACCEPTED:
        _suspect_holder(attempt, answer)


@transaction.atomic(durable=True)
def _suspect_holder(attempt: Attempt, answer: AddAnswer) -> None:
    """Flag the order that has the id which the provider has just given to this one, too.

    Which of them it is nobody knows: the first may have been given the other's. A step
    of its own, as it locks another order.
    """
    holder = (
        Attempt.objects.filter(
            provider=attempt.provider_id, upstream_id=answer.upstream_id
        )
        .exclude(order=attempt.order_id)
        .first()
    )
    if holder is not None:
        text = f"its id {answer.upstream_id} was given to order {attempt.order_id}, too"
        transition([Change(order_id=holder.order_id, reason=text, flag=text)])
        tell_staff(holder.order_id, text)


def apply_repeat(*, attempt: Attempt, answer: AddAnswer, exchange: Exchange) -> bool:
    """Commit that the same request id, sent again, was answered with an order.

    The provider promises the same answer to the same id: an acceptance is that of the
    attempt itself. All else settles nothing, a refusal included, which may come from a
    check that is made before the id is looked at (ADR 6). Returns whether it was settled,
    which an id that is ours already does not do.
    """
    if answer.outcome != AddOutcome.ACCEPTED:
        return False
    try:
        return _apply_repeat(attempt, answer, exchange)
    except IntegrityError:
        # Another order was given the id at the same moment.
        return False


@transaction.atomic(durable=True)
def _apply_repeat(attempt: Attempt, answer: AddAnswer, exchange: Exchange) -> bool:
    taken = answer.upstream_id is not None and is_taken(
        provider_id=attempt.provider_id, upstream_id=answer.upstream_id
    )
    if taken:
        return False
    reply = archive(provider=attempt.provider, exchange=exchange)
    ledger.lock_customers(customer_ids=[attempt.order.customer_id])
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(
        pk=attempt.order_id
    )
    proved = Attempt.objects.filter(
        pk=attempt.pk, outcome__in=("", Outcome.UNKNOWN)
    ).update(
        answered_at=Coalesce("answered_at", Now()),
        outcome=_OUTCOMES[answer.outcome],
        upstream_id=answer.upstream_id,
        error=answer.error[:300],
        reply=reply,
    )
    if not proved:
        return False
    if order.submission == Submission.UNKNOWN:
        _apply_to(order, attempt, answer, reply)
    elif answer.outcome == AddOutcome.ACCEPTED:
        note_second(order=order, attempt=attempt, reply=reply)
    return True


@transaction.atomic(durable=True)
def _apply_answer(attempt: Attempt, answer: AddAnswer, exchange: Exchange) -> None:
    reply = archive(provider=attempt.provider, exchange=exchange)
    # Money may go back: the customer's accounts are locked before the order is, and the
    # order before its attempt, as whoever settles it does.
    ledger.lock_customers(customer_ids=[attempt.order.customer_id])
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(
        pk=attempt.order_id
    )
    if answer.outcome == AddOutcome.ACCEPTED and is_taken(
        provider_id=attempt.provider_id, upstream_id=answer.upstream_id
    ):
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
        _note_contradiction(order, answer, reply)
        return
    is_last = not order.attempts.filter(no__gt=attempt.no).exists()
    if is_last and order.submission in {Submission.SENDING, Submission.UNKNOWN}:
        _apply_to(order, attempt, answer, reply)
    elif answer.outcome == AddOutcome.ACCEPTED:
        note_second(order=order, attempt=attempt, reply=reply)
    _note_health(attempt, answer, exchange)


def _note_health(attempt: Attempt, answer: AddAnswer, exchange: Exchange) -> None:
    """Tell the circuit breaker how the provider fared; its row is locked last."""
    provider = attempt.provider
    if answer.outcome == AddOutcome.UNKNOWN or exchange.failure:
        providers.note_failure(provider=provider)
    else:
        providers.note_answer(provider=provider)
    if answer.outcome == AddOutcome.PROVIDER_DOWN:
        providers.pause_in_transaction(
            provider=provider, reason=answer.error, heals=True
        )
    if answer.outcome == AddOutcome.REFUSED:
        providers.refresh_soon(provider=provider)
    if answer.retry_after:
        postpone_calls(provider_id=provider.pk, seconds=answer.retry_after)


def is_taken(*, provider_id: int, upstream_id: str | None) -> bool:
    """Whether the provider's id is that of an attempt or a delivery of ours already."""
    wanted = {"provider": provider_id, "upstream_id": upstream_id}
    return (
        Attempt.objects.filter(**wanted).exists()
        or Delivery.objects.filter(**wanted).exists()
    )


def _apply_to(order: Order, attempt: Attempt, answer: AddAnswer, reply: Reply) -> None:
    """Apply the answer to an order that waits for it, or has given up waiting."""
    late = order.submission == Submission.UNKNOWN
    base = Change(order_id=order.pk, reason=answer.error or "accepted", reply=reply)
    match answer.outcome:
        case AddOutcome.ACCEPTED:
            _accept(attempt, answer, base)
        case AddOutcome.UNKNOWN | AddOutcome.HELD_WORDING if late:
            # Nothing is proved: it stays unknown.
            pass
        case AddOutcome.UNKNOWN:
            give_up_waiting(order_id=order.pk, reason=answer.error, reply=reply)
        case _ if _is_upstream(order):
            # An earlier attempt was accepted after all: neither sent again nor refunded.
            if not late:
                give_up_waiting(order_id=order.pk, reason=answer.error, reply=reply)
        case AddOutcome.REFUSED if not late:
            _refuse(order, answer, base)
        case AddOutcome.HELD_FUNDS | AddOutcome.HELD_LINK if not late:
            _hold(order, attempt, answer, reply)
        case AddOutcome.HELD_WORDING:
            _hold(order, attempt, answer, reply)
        case _:
            _queue_again(attempt, answer, base)


def _is_upstream(order: Order) -> bool:
    return order.attempts.filter(upstream_id__isnull=False).exists()


def _accept(attempt: Attempt, answer: AddAnswer, base: Change) -> None:
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


def _refuse(order: Order, answer: AddAnswer, base: Change) -> None:
    """Try the next offer, if there is one; else end the order with a full refund.

    Whether the next one still earns is seen when it is claimed.
    """
    transition([replace(base, submission=Submission.REFUSED, wait=0)])
    refused = order.attempts.filter(outcome=Outcome.REFUSED).values("offer_id")
    left = Route.objects.filter(service=order.service_id, offer__type=order.type)
    if left.exclude(offer__in=refused).exists():
        transition([replace(base, submission=Submission.QUEUED, wait=0, flag="")])
    else:
        withdraw(order=order, reason=answer.error, reply=base.reply)


def _hold(order: Order, attempt: Attempt, answer: AddAnswer, reply: Reply) -> None:
    """Keep the order: the customer has paid, and the provider will take it later.

    Wording that nobody has explained yet is not retried: staff name its class once.
    """
    held_for = _HELD_FOR[answer.outcome]
    new_wording = held_for == HoldReason.WORDING
    hold(
        order=order,
        held_for=held_for,
        why=f"{'new wording' if new_wording else answer.outcome}: {answer.error}",
        reply=reply,
        stop=new_wording or attempt.no >= MOST_ATTEMPTS,
    )


def _queue_again(attempt: Attempt, answer: AddAnswer, base: Change) -> None:
    """Queue an order that was proved not executed; a late proof frees an unknown one.

    Retry-After is kept by the provider's row: the order itself is looked at sooner.
    """
    wait = answer.retry_after or min(2.0**attempt.no, LONGEST_BACKOFF)
    # A poison order is left to staff rather than sent for ever.
    exhausted = attempt.no >= MOST_ATTEMPTS
    flag = f"{attempt.no} attempts: {answer.error}" if exhausted else ""
    transition(
        [
            replace(
                base,
                submission=Submission.QUEUED,
                wait=None if exhausted else min(wait, settings.HELD_WAITS[-1]),
                done_waiting=exhausted,
                flag=flag,
            )
        ]
    )
    if flag:
        tell_staff(attempt.order_id, flag)


def note_second(*, order: Order, attempt: Attempt, reply: Reply | None) -> None:
    """Flag an order that is upstream twice, or is no more ours; it is not sent again.

    The id stays with its attempt, and what it costs is booked: upstream takes it.
    Inside the caller's step, which has locked the order.
    """
    attempt.refresh_from_db(fields=["upstream_id"])
    text = f"{TWICE}{attempt.upstream_id} is also ours"
    if order.submission == Submission.WITHDRAWN:
        text = f"{EXISTS}{attempt.upstream_id}"
    change = Change(
        order_id=order.pk,
        reason=text,
        flag=text,
        done_waiting=order.is_unsent,
        reply=reply,
    )
    transition([change])
    book_second_cost(attempt=attempt, provider=attempt.provider)
    tell_staff(order.pk, text)


def _note_contradiction(order: Order, answer: AddAnswer, reply: Reply) -> None:
    """Flag an order that was settled as something else before its answer came.

    Evidence was wrong then, or a person: the answer itself names another id, of which
    nobody knows yet.
    """
    if answer.outcome != AddOutcome.ACCEPTED:
        return
    text = f"{TWICE}{answer.upstream_id} is what the provider has answered"
    transition([Change(order_id=order.pk, reason=text, flag=text, reply=reply)])
    tell_staff(order.pk, text)


def give_up_waiting(*, order_id: int, reason: str, reply: Reply | None = None) -> None:
    """Make an order that is being sent unknown, and flag it; inside the caller's step.

    Nothing repeats or refunds it by itself; evidence is looked for from now on.
    """
    text = f"unknown whether it was accepted: {reason}"
    # Whoever still waits for the answer does so in no place: others may be sent.
    Attempt.objects.filter(order=order_id, answered_at=None).update(place=None)
    transition(
        [
            Change(
                order_id=order_id,
                expected=Submission.SENDING,
                submission=Submission.UNKNOWN,
                reason=reason,
                flag=text,
                wait=FIRST_LOOK,
                reply=reply,
            )
        ]
    )
    tell_staff(order_id, text)
