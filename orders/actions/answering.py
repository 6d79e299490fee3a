"""What an answer to `add` means for its order, committed.

What cannot be told is *unknown*: not repeated, not refunded, flagged.
"""

from dataclasses import replace

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from ledger import actions as ledger
from orders.actions.costs import book_expected_cost
from orders.actions.telling import tell_customer, tell_staff
from orders.actions.transitions import transition
from orders.changes import TWICE, Change
from orders.enums import HoldReason, Outcome, Status, Submission
from orders.models import Attempt, Order
from provider import actions as providers
from provider.client import Exchange
from provider.models import Reply
from provider.protocol.replies import AddAnswer, AddOutcome
from provider.upstream import archive, postpone_calls

# Between the tries of an order that is held, in seconds: 5, 15, 60 minutes. The last is
# also the longest that any order waits to be looked at.
HELD_WAITS = (300, 900, 3600)
# Between the tries of one that was not executed: doubling, up to 5 minutes.
LONGEST_BACKOFF = 300.0
MOST_ATTEMPTS = 20

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


def _is_taken(attempt: Attempt, upstream_id: str | None) -> bool:
    return Attempt.objects.filter(
        provider=attempt.provider, upstream_id=upstream_id
    ).exists()


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
            transition([replace(base, submission=Submission.REFUSED, wait=0)])
            tell_customer(withdraw(order=order, reason=answer.error, reply=reply))
        case AddOutcome.HELD_FUNDS | AddOutcome.HELD_LINK if not late:
            _hold(attempt, answer, base)
        case AddOutcome.HELD_WORDING:
            _hold(attempt, answer, base)
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


def _hold(attempt: Attempt, answer: AddAnswer, base: Change) -> None:
    """Keep the order: the customer has paid, and the provider will take it later.

    Wording that nobody has explained yet is not retried: staff name its class once.
    """
    new_wording = answer.outcome == AddOutcome.HELD_WORDING
    stop = new_wording or attempt.no >= MOST_ATTEMPTS
    wait = HELD_WAITS[min(attempt.no, len(HELD_WAITS)) - 1]
    text = f"{'new wording' if new_wording else answer.outcome}: {answer.error}"
    transition(
        [
            replace(
                base,
                submission=Submission.HELD,
                held_for=_HELD_FOR[answer.outcome],
                reason=text,
                wait=None if stop else wait,
                done_waiting=stop,
                flag=text if stop else None,
            )
        ]
    )
    tell_staff(attempt.order_id, text)


def _queue_again(attempt: Attempt, answer: AddAnswer, base: Change) -> None:
    """Queue an order that was proved not executed; a late proof frees an unknown one.

    Retry-After is kept by the provider's row: the order itself is looked at sooner.
    """
    if answer.outcome == AddOutcome.PROVIDER_DOWN:
        providers.pause_in_transaction(provider=attempt.provider, reason=answer.error)
    if answer.retry_after:
        postpone_calls(provider_id=attempt.provider_id, seconds=answer.retry_after)
    wait = answer.retry_after or min(2.0**attempt.no, LONGEST_BACKOFF)
    # A poison order is left to staff rather than sent for ever.
    exhausted = attempt.no >= MOST_ATTEMPTS
    flag = f"{attempt.no} attempts: {answer.error}" if exhausted else ""
    transition(
        [
            replace(
                base,
                submission=Submission.QUEUED,
                wait=None if exhausted else min(wait, HELD_WAITS[-1]),
                done_waiting=exhausted,
                flag=flag,
            )
        ]
    )
    if flag:
        tell_staff(attempt.order_id, flag)


def _flag_second(order: Order, answer: AddAnswer, reply: Reply) -> None:
    """Flag an order that is upstream twice, or is no more ours; it is not sent again."""
    text = f"{TWICE}{answer.upstream_id} is also ours"
    change = Change(
        order_id=order.pk,
        reason=text,
        flag=text,
        done_waiting=order.is_unsent,
        reply=reply,
    )
    transition([change])
    tell_staff(order.pk, text)


def give_up_waiting(*, order_id: int, reason: str, reply: Reply | None = None) -> None:
    """Make an order that is being sent unknown, and flag it; inside the caller's step.

    Nothing repeats or refunds it by itself.
    """
    text = f"unknown whether it was accepted: {reason}"
    transition(
        [
            Change(
                order_id=order_id,
                expected=Submission.SENDING,
                submission=Submission.UNKNOWN,
                reason=reason,
                flag=text,
                done_waiting=True,
                reply=reply,
            )
        ]
    )
    tell_staff(order_id, text)


def withdraw(
    *, order: Order, reason: str, reply: Reply | None = None, by: User | None = None
) -> Order:
    """End an order that is not upstream, give the whole charge back, and return it.

    Inside the caller's step, which has locked the customer's accounts.
    """
    (withdrawn,) = transition(
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
    return withdrawn
