"""Decisions of people about payments: credited by hand, or sent back.

A decision is a row that one or two members of staff approve, two from TOPUP_FOUR_EYES
on; with the last approval it is carried out. Customers ask for their own refunds, and
never approve.
"""

from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from payments.actions import telling
from payments.actions.applying import apply_report
from payments.actions.asking import ask
from payments.actions.promising import give_up_refund, promise_refund, refundable
from payments.enums import DecisionKind, Outcome, TopUpState
from payments.errors import PaymentError, UnsettledError
from payments.gateways import registry
from payments.gateways.protocol import GatewayError, Report, State
from payments.models import Approval, Decision, TopUp


def decide(
    *, top_up: TopUp, kind: DecisionKind, amount: Decimal, note: str, by: User
) -> Decision:
    """Ask for a payment to be credited by hand, or to be sent back.

    Staff approve what they ask for, but for payments of their own; it is carried out at
    once where one is enough. Raises PaymentError where it cannot be, with nothing changed.
    """
    decision = _open(top_up, kind, amount, note, by)
    if by.is_staff and by.pk != top_up.customer_id:
        approve(decision=decision, by=by)
    decision.refresh_from_db()
    return decision


def approve(*, decision: Decision, by: User) -> bool:
    """Approve a decision, and carry it out where that was enough; return whether it was.

    Raises PaymentError for somebody who has approved it already, or whose payment it is,
    and where the gateway refuses.
    """
    if not _approve(decision, by):
        return False
    carry_out(decision=decision)
    return True


def carry_out(*, decision: Decision) -> None:
    """Do what was decided. Safe to repeat: money is credited and sent once for each.

    No transaction is open while the gateway is called; the decision's number is its key.
    Raises PaymentError where it was not done; the decision keeps the reason. It is closed
    with it, unless nobody knows (UnsettledError): then it stays, to be tried again.
    """
    decision.refresh_from_db()
    if decision.closed_at is not None or decision.approved_at is None:
        raise PaymentError(_("This is closed, or not approved yet."))
    try:
        _DOING[DecisionKind(decision.kind)](decision)
    except UnsettledError as error:
        _note_error(decision, error.message)
        raise
    except PaymentError as error:
        _close(decision, error.message)
        raise
    _close(decision)


@transaction.atomic(durable=True)
def reject(*, decision: Decision, by: User) -> bool:
    """Close a decision that was not carried out; return whether it was open."""
    return bool(
        Decision.objects.filter(pk=decision.pk, closed_at=None, approved_at=None)
        .update(closed_at=Now(), rejected_by=by)
    )  # fmt: skip


@transaction.atomic(durable=True)
def _open(
    top_up: TopUp, kind: DecisionKind, amount: Decimal, note: str, by: User
) -> Decision:
    locked = TopUp.objects.select_for_update(no_key=True).get(pk=top_up.pk)
    if kind == DecisionKind.CONFIRM:
        if locked.paid_at is not None:
            raise PaymentError(_("This payment was credited already."))
        amount = locked.total
    else:
        _insist_on_refund(locked, amount, by)
    if Decision.objects.filter(top_up=locked, closed_at=None).exists():
        raise PaymentError(_("Something is being decided about this payment already."))
    return Decision.objects.create(
        top_up=locked,
        kind=kind,
        amount=amount,
        note=note,
        by=by,
        needed=2 if amount >= settings.TOPUP_FOUR_EYES else 1,
    )


def _insist_on_refund(top_up: TopUp, amount: Decimal, by: User) -> None:
    if top_up.state != TopUpState.PAID:
        raise PaymentError(_("Only a payment that was received can be sent back."))
    gone = max(top_up.refunded, top_up.promised)
    if not 0 < amount <= top_up.total - gone:
        raise PaymentError(_("More would go back than was paid."), field="amount")
    if not by.is_staff and amount > refundable(top_up=top_up):
        raise PaymentError(_("Only what is left of it can go back."), field="amount")


@transaction.atomic(durable=True)
def _approve(decision: Decision, by: User) -> bool:
    locked = Decision.objects.select_for_update(of=("self",), no_key=True).get(
        pk=decision.pk
    )
    if locked.closed_at is not None or locked.approved_at is not None:
        raise PaymentError(_("This is closed, or approved already."))
    if not by.is_staff or by.pk == locked.top_up.customer_id:
        raise PaymentError(_("Nobody decides about a payment of their own."))
    # The row is locked: nobody else approves it in between.
    if locked.approvals.filter(by=by).exists():
        raise PaymentError(_("Another person must approve this."))
    Approval.objects.create(decision=locked, by=by)
    if locked.approvals.count() < locked.needed:
        return False
    Decision.objects.filter(pk=locked.pk).update(approved_at=Now())
    return True


def _confirm(decision: Decision) -> None:
    top_up = decision.top_up
    report = Report(
        State.PAID,
        reference=top_up.reference,
        amount=top_up.total,
        currency=top_up.currency,
    )
    outcome, _found = apply_report(
        gateway=top_up.gateway,
        report=report,
        by=decision.by,
        reason=f"by hand: {decision.note}",
    )
    if outcome != Outcome.APPLIED:
        raise PaymentError(_("This payment was credited already."))


def _refund(decision: Decision) -> None:
    top_up = decision.top_up
    gateway = registry.by_name(top_up.gateway)
    if gateway is None:
        raise PaymentError(_("This gateway is not set up."))
    promise_refund(
        top_up=top_up,
        amount=decision.amount,
        only_what_is_there=not decision.by.is_staff,
    )
    try:
        sent = gateway.refund(
            remote_id=top_up.remote_id,
            amount=decision.amount,
            currency=top_up.currency,
            key=f"{top_up.reference}-{decision.pk}",
        )
    except GatewayError as error:
        if error.unknown:
            raise UnsettledError(error.message) from error
        give_up_refund(top_up=top_up)
        raise PaymentError(error.message) from error
    if sent.url:
        _note_url(decision, sent.url)
    # What went back in all, its own notification says too; whichever comes first counts.
    ask(top_up=top_up)


def _return(decision: Decision) -> None:
    """Take off the balance what a person has sent back, where the gateway cannot."""
    top_up = TopUp.objects.get(pk=decision.top_up_id)
    report = Report(
        State.REFUNDED,
        reference=top_up.reference,
        refunded=top_up.refunded + decision.amount,
    )
    apply_report(
        gateway=top_up.gateway,
        report=report,
        by=decision.by,
        reason=f"sent back by hand: {decision.note}",
    )


_DOING = {
    DecisionKind.CONFIRM: _confirm,
    DecisionKind.REFUND: _refund,
    DecisionKind.RETURNED: _return,
}


@transaction.atomic(durable=True)
def _note_url(decision: Decision, url: str) -> None:
    """Keep where the customer gets the money, and tell them."""
    Decision.objects.filter(pk=decision.pk).update(url=url)
    telling.tell_of_claim(decision)


@transaction.atomic(durable=True)
def _close(decision: Decision, error: str = "") -> None:
    Decision.objects.filter(pk=decision.pk).update(closed_at=Now(), error=error[:200])


@transaction.atomic(durable=True)
def _note_error(decision: Decision, error: str) -> None:
    Decision.objects.filter(pk=decision.pk).update(error=error[:200])
