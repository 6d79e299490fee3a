"""Settling orders of which nobody knows whether they exist upstream, and other flags.

Evidence settles only that an order exists. That it does not is for a person to say, who
is recorded; who cannot say may give the money back at the shop's risk, after a time.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from accounts.models import User
from ledger import actions as ledger
from ledger.enums import AccountKind, TransferKind
from orders.actions.answering import is_taken, note_second
from orders.actions.costs import (
    book_as_followed,
    book_expected_cost,
    settle_costs,
)
from orders.actions.telling import tell_customer
from orders.actions.transitions import transition
from orders.actions.withdrawing import withdraw
from orders.changes import Change
from orders.enums import (
    FINISHED,
    STATUS_MOVES,
    EvidenceSource,
    Outcome,
    Status,
    Submission,
    Verdict,
)
from orders.errors import OrderError
from orders.models import Attempt, Evidence, Order
from orders.searching import Finding
from provider.protocol.values import read_id
from provider.upstream import archive
from shop.money import due, plain


class SettlementError(OrderError):
    """Something that staff wanted to settle, and cannot; nothing was changed."""

    code = "not_settled"


def accept_found(*, attempt: Attempt, finding: Finding, by: User | None = None) -> None:
    """Take an unknown attempt for accepted as the finding's id.

    The order is followed from now on and its cost booked; one that was refunded at the
    shop's risk is flagged instead. SettlementError where the id is another order's.
    """
    try:
        _accept_found(attempt, finding, by)
    except IntegrityError as error:
        raise SettlementError(_taken(finding.upstream_id)) from error


def _taken(upstream_id: str) -> str:
    return _("%(id)s is another order's already.") % {"id": upstream_id}


@transaction.atomic(durable=True)
def _accept_found(attempt: Attempt, finding: Finding, by: User | None) -> None:
    order = _lock(attempt.order)
    upstream_id = finding.upstream_id
    if is_taken(provider_id=attempt.provider_id, upstream_id=upstream_id):
        raise SettlementError(_taken(upstream_id))
    reply = None
    if finding.exchange is not None:
        reply = archive(provider=attempt.provider, exchange=finding.exchange)
    settled = Attempt.objects.filter(
        pk=attempt.pk, upstream_id=None, outcome__in=("", Outcome.UNKNOWN)
    ).update(
        outcome=Outcome.ACCEPTED,
        upstream_id=upstream_id,
        answered_at=Coalesce("answered_at", Now()),
    )
    if not settled:
        raise SettlementError(_("This order is not unknown any more."))
    Evidence.objects.create(
        attempt=attempt,
        source=finding.source,
        verdict=Verdict.FOUND,
        upstream_id=upstream_id,
        detail=finding.detail[:300],
        by=by,
        reply=reply,
    )
    if order.submission != Submission.UNKNOWN:
        note_second(order=order, attempt=attempt, reply=reply)
        return
    transition(
        [
            Change(
                order_id=order.pk,
                expected=Submission.UNKNOWN,
                submission=Submission.ACCEPTED,
                reason=f"it exists as {upstream_id}: {finding.detail}",
                provider_id=attempt.provider_id,
                upstream_id=upstream_id,
                wait=0,
                flag="",
                reply=reply,
                by=by,
            )
        ]
    )
    book_expected_cost(attempt=attempt, provider=attempt.provider)


def settle_as_existing(*, order: Order, upstream_id: str, by: User) -> None:
    """Staff say that an unknown order exists upstream, and under which id.

    Or that an order is to be followed as what an earlier attempt of it has made, as was
    told too late; that one may wait to be sent again, or be unknown for good.
    """
    name = read_id(upstream_id)
    if name is None:
        raise SettlementError(_("This is no id: “%(id)s”.") % {"id": upstream_id[:64]})
    if _follow_earlier(order, name, by):
        return
    finding = Finding(EvidenceSource.STAFF, Verdict.FOUND, f"said by {by}", name)
    accept_found(attempt=_unknown_attempt(order), finding=finding, by=by)


@transaction.atomic(durable=True)
def _follow_earlier(order: Order, upstream_id: str, by: User) -> bool:
    """Follow an order as one of its own attempts; False where none has that id."""
    locked = _lock(order)
    attempt = (
        locked.attempts.filter(upstream_id=upstream_id)
        .select_related("provider")
        .first()
    )
    waits = locked.is_unsent or locked.submission == Submission.UNKNOWN
    if attempt is None or not waits or not locked.is_open:
        return False
    transition(
        [
            Change(
                order_id=order.pk,
                submission=Submission.ACCEPTED,
                reason=f"followed as {upstream_id}, which attempt {attempt.no} has made",
                provider_id=attempt.provider_id,
                upstream_id=upstream_id,
                wait=0,
                flag="",
                clears=True,
                by=by,
            )
        ]
    )
    book_as_followed(attempt=attempt, provider=attempt.provider)
    return True


@transaction.atomic(durable=True)
def send_again(*, order: Order, by: User) -> None:
    """Staff say that an unknown order does not exist upstream: it is sent once more."""
    locked = _lock_unknown(order)
    _note_absent(locked, by)
    transition(
        [
            Change(
                order_id=order.pk,
                expected=Submission.UNKNOWN,
                submission=Submission.QUEUED,
                reason="it does not exist upstream, and is sent again",
                wait=0,
                flag="",
                by=by,
            )
        ]
    )


@transaction.atomic(durable=True)
def refund_absent(*, order: Order, by: User) -> None:
    """Staff say that an unknown order does not exist upstream: its charge goes back."""
    ledger.lock_customers(customer_ids=[order.customer_id])
    locked = _lock_unknown(order)
    _note_absent(locked, by)
    withdraw(order=locked, reason="it does not exist upstream, and is refunded", by=by)


@transaction.atomic(durable=True)
def refund_at_risk(*, order: Order, by: User) -> None:
    """Give the charge of an unknown order back, though upstream may deliver it.

    Not before RISK_REFUND_HOURS have passed. The loss account makes good what sales
    lose, so that such refunds can be seen for what they are, and the order is watched
    upstream: if it turns up after all it is flagged, and its cost booked.
    """
    ledger.lock_customers(customer_ids=[order.customer_id])
    locked = _lock_unknown(order)
    attempt = _unknown_attempt(locked)
    hours = timedelta(hours=settings.RISK_REFUND_HOURS)
    if not Attempt.objects.filter(pk=attempt.pk, sent_at__lte=Now() - hours).exists():
        raise SettlementError(
            _(
                "It may still be found. At the shop's risk it can be refunded "
                "%(hours)d hours after it was sent."
            )
            % {"hours": settings.RISK_REFUND_HOURS}
        )
    withdraw(
        order=locked,
        reason="refunded at the shop's risk: nobody knows whether it exists upstream",
        by=by,
        watch=settings.EVIDENCE_INTERVAL,
    )
    if locked.charge > 0:
        ledger.move(
            source=ledger.system_account(kind=AccountKind.LOSS),
            target=ledger.system_account(kind=AccountKind.SALES),
            amount=locked.charge,
            kind=TransferKind.ORDER_LOSS,
            subject=locked.pk,
        )


@transaction.atomic(durable=True)
def settle_by_hand(*, order: Order, remains: int, by: User) -> None:
    """Staff say how many units of an accepted order did not come: it ends with that.

    All came: completed; none: canceled; else partial, refunded by the usual formula.
    SettlementError where the number does not fit, or less is due than went back already.
    """
    ledger.lock_customers(customer_ids=[order.customer_id])
    locked = _lock(order)
    if locked.submission != Submission.ACCEPTED or not (
        locked.is_open or locked.flagged_at
    ):
        raise SettlementError(_("Only an order that is open or flagged is settled."))
    if not 0 <= remains <= locked.units:
        raise SettlementError(
            _("Between 0 and %(units)d units may be missing.") % {"units": locked.units}
        )
    back, was_refunded = due(locked.charge, locked.units, remains), locked.refunded
    if back < was_refunded:
        raise SettlementError(
            _("%(refunded)s was refunded already, and only %(due)s would be due.")
            % {"refunded": plain(was_refunded), "due": plain(back)}
        )
    status = Status.PARTIAL
    if remains in (0, locked.units):
        status = Status.CANCELED if remains else Status.COMPLETED
    was = Status(locked.status)
    if status != was and status not in STATUS_MOVES[was]:
        raise SettlementError(
            _("An order that is %(was)s cannot become %(new)s.")
            % {"was": was.label, "new": status.label}
        )
    moved = transition(
        [
            Change(
                order_id=order.pk,
                expected=Submission.ACCEPTED,
                status=status,
                refunded=back,
                remains=remains,
                reason=f"settled by hand: {remains} of {locked.units} did not come",
                done_waiting=True,
                flag="",
                clears=True,
                by=by,
            )
        ]
    )
    for ended in moved:
        if ended.provider is not None:
            settle_costs(orders=[ended], provider=ended.provider)
        tell_customer(ended, later=was in FINISHED)


@transaction.atomic(durable=True)
def try_again(*, order: Order, by: User) -> None:
    """Send an order now that waits, held or queued, and take its flag away."""
    locked = _lock(order)
    if not locked.is_unsent:
        raise SettlementError(_("Only an order that has not been sent can be sent."))
    change = Change(
        order_id=order.pk,
        submission=Submission.QUEUED,
        reason="tried again by staff",
        wait=0,
        flag="",
        clears=True,
        by=by,
    )
    transition([change])


@transaction.atomic(durable=True)
def clear_flag(*, order: Order, note: str, by: User) -> None:
    """Take an order's flag away, as somebody has looked at it; `note` says what came of it.

    An unknown order cannot be cleared: it is settled. Nor can one that nobody tries any
    more: without its flag it would be sent again, which is another decision (I7).
    """
    locked = _lock(order)
    left_to_staff = locked.submission == Submission.UNKNOWN or locked.is_left_to_staff
    if locked.flagged_at is None or left_to_staff:
        raise SettlementError(_("There is no flag here that can be taken away."))
    is_followed = locked.is_open and locked.submission == Submission.ACCEPTED
    transition(
        [
            Change(
                order_id=order.pk,
                reason=f"flag taken away: {note}",
                wait=settings.TRACK_INTERVAL if is_followed else None,
                flag="",
                clears=True,
                by=by,
            )
        ]
    )


def _lock(order: Order) -> Order:
    return Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)


def _lock_unknown(order: Order) -> Order:
    """Lock an order of which nobody knows; one that an attempt has made is followed."""
    locked = _lock(order)
    is_upstream = locked.attempts.filter(upstream_id__isnull=False).exists()
    if locked.submission != Submission.UNKNOWN or is_upstream:
        raise SettlementError(_("This order is not unknown any more."))
    if locked.attempts.filter(repeated_until__gt=Now()).exists():
        # What is decided now may be answered otherwise in a second.
        raise SettlementError(
            _("The provider is being asked about it just now; try again in a minute.")
        )
    return locked


def _unknown_attempt(order: Order) -> Attempt:
    """Return the order's last attempt, of which nobody knows what came."""
    attempt = (
        order.attempts.filter(upstream_id=None, outcome__in=("", Outcome.UNKNOWN))
        .select_related("order", "provider")
        .order_by("no")
        .last()
    )
    if attempt is None:
        raise SettlementError(_("This order is not unknown any more."))
    return attempt


def _note_absent(order: Order, by: User) -> None:
    Evidence.objects.create(
        attempt=_unknown_attempt(order),
        source=EvidenceSource.STAFF,
        verdict=Verdict.ABSENT,
        detail=f"said by {by}",
        by=by,
    )
