"""What staff do with payments: confirm by hand, send back, take off the list."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from payments.actions.applying import apply_report
from payments.actions.asking import ask
from payments.enums import Outcome, TopUpState
from payments.errors import PaymentError
from payments.gateways import registry
from payments.gateways.protocol import GatewayError, Report, State
from payments.models import TopUp, TopUpEvent


def confirm_by_hand(*, top_up: TopUp, by: User, note: str) -> None:
    """Credit a payment that a person has seen arrive; once, like any other.

    Raises PaymentError where it was paid already.
    """
    report = Report(
        State.PAID,
        reference=top_up.reference,
        amount=top_up.total,
        currency=top_up.currency,
    )
    outcome, _found = apply_report(
        gateway=top_up.gateway, report=report, by=by, reason=f"by hand: {note}"
    )
    if outcome != Outcome.APPLIED:
        raise PaymentError(_("This payment was credited already."))


def refund(*, top_up: TopUp, amount: Decimal, by: User, note: str) -> None:
    """Send money back through the gateway, and take it off the balance.

    1. The wish is written into the history, whose number is the gateway's key: repeated,
       it sends nothing twice.
    2. The gateway is called.
    3. It is asked what went back in all, and that is applied.

    Raises PaymentError where it cannot be, or the gateway refuses.
    """
    gateway = registry.by_name(top_up.gateway)
    if gateway is None:
        raise PaymentError(_("This gateway is not set up."))
    wish = _note_wish(top_up, amount, by=by, note=note)
    try:
        gateway.refund(
            remote_id=top_up.remote_id,
            amount=amount,
            currency=top_up.currency,
            key=f"{top_up.reference}-{wish.pk}",
        )
    except GatewayError as error:
        raise PaymentError(error.message) from error
    ask(top_up=top_up)


@transaction.atomic(durable=True)
def _note_wish(top_up: TopUp, amount: Decimal, *, by: User, note: str) -> TopUpEvent:
    locked = TopUp.objects.select_for_update(no_key=True).get(pk=top_up.pk)
    if locked.state != TopUpState.PAID or not locked.remote_id:
        raise PaymentError(_("Only a payment that was received can be sent back."))
    if not 0 < amount <= locked.total - locked.refunded:
        raise PaymentError(_("More would go back than was paid."), field="amount")
    return TopUpEvent.objects.create(
        top_up=top_up,
        old=locked.state,
        new=locked.state,
        reason=f"refund of {amount} asked for: {note}"[:200],
        by=by,
    )


@transaction.atomic(durable=True)
def release(*, top_up: TopUp, by: User, note: str) -> bool:
    """Take a payment off the list of flagged ones; return whether it was on it."""
    found = TopUp.objects.filter(pk=top_up.pk, flagged_at__isnull=False)
    if not found.update(flagged_at=None, flag_reason=""):
        return False
    TopUpEvent.objects.create(
        top_up=top_up,
        old=top_up.state,
        new=top_up.state,
        reason=f"looked at: {note}"[:200],
        by=by,
    )
    return True
