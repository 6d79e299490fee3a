"""Orders that are held for a wording that nobody knew, once staff have explained it."""

from collections import defaultdict
from collections.abc import Mapping

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from orders.actions.transitions import transition
from orders.changes import TWICE, Change
from orders.enums import HoldReason, Outcome, Submission
from orders.models import Attempt, Order
from provider import actions as providers
from provider.protocol.errors import ErrorClass, classify
from provider.upstream import phrases_of

BATCH = 500
# What a wording of each class makes of the attempt. One about an id explains nothing.
_MEANS: Mapping[ErrorClass, Outcome] = {
    ErrorClass.REFUSED: Outcome.REFUSED,
    ErrorClass.NO_FUNDS: Outcome.HELD,
    ErrorClass.LINK_BUSY: Outcome.HELD,
    ErrorClass.NOT_EXECUTED: Outcome.NOT_EXECUTED,
    ErrorClass.PROVIDER_DOWN: Outcome.NOT_EXECUTED,
}


def explained() -> list[int]:
    """Return up to BATCH orders whose wording has a class now, the oldest first.

    Each wording of each provider is judged once, however many orders wait for it.
    """
    last = Attempt.objects.filter(order=OuterRef("pk")).order_by("-no")
    waiting = _waiting().annotate(
        sent_to=Subquery(last.values("provider")[:1]),
        told=Subquery(last.values("error")[:1]),
    )
    by_wording = defaultdict(list)
    for number, sent_to, told in waiting.values_list("pk", "sent_to", "told"):
        if sent_to is not None:
            by_wording[sent_to, told].append(number)
    found = [
        number
        for (sent_to, told), numbers in by_wording.items()
        if classify(told, phrases=phrases_of(sent_to)) in _MEANS
        for number in numbers
    ]
    return sorted(found)[:BATCH]


@transaction.atomic(durable=True)
def reread(order_id: int) -> None:
    """Queue a held order whose wording has a class now.

    The attempt gets the outcome that it would have had: an offer that refused is not
    asked again, and an order that all have refused is ended when it is claimed.
    """
    order = (
        _waiting()
        .filter(pk=order_id)
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    attempt = order and _last_attempt(order)
    if not order or not attempt:
        return
    error_class = _class_of(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(outcome=_MEANS[error_class])
    transition(
        [
            Change(
                order_id=order_id,
                expected=Submission.HELD,
                submission=Submission.QUEUED,
                reason=f"the wording means {error_class}: {attempt.error}",
                wait=0,
                flag="",
            )
        ]
    )
    if error_class == ErrorClass.PROVIDER_DOWN:
        providers.pause_in_transaction(
            provider=attempt.provider, reason=attempt.error, heals=True
        )


def _waiting() -> QuerySet[Order]:
    """Return the orders held for their wording; none that is upstream after all (I7)."""
    return Order.objects.filter(
        submission=Submission.HELD, held_for=HoldReason.WORDING
    ).exclude(flag_reason__startswith=TWICE)


def _last_attempt(order: Order) -> Attempt | None:
    return order.attempts.select_related("provider").order_by("no").last()


def _class_of(attempt: Attempt) -> ErrorClass:
    """Return what the attempt's answer means by the wordings of today."""
    return classify(attempt.error, phrases=phrases_of(attempt.provider_id))
