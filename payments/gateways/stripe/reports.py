"""What Stripe's objects say, in our words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import stripe

from payments.gateways.protocol import INQUIRY, Report, State
from payments.gateways.units import from_minor


def of_session(
    session: stripe.checkout.Session,
    disputes: Sequence[stripe.Dispute] = (),
    *,
    event_id: str = "",
    at: datetime | None = None,
) -> Report:
    """Return what a session says of its payment, and its charge where it is there.

    https://docs.stripe.com/api/checkout/sessions/object: `status` is open, complete or
    expired; `payment_status` of a complete one may still be unpaid, for methods that
    take days.
    """
    intent = session.payment_intent
    charge = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    whole = Report(
        _state(session),
        reference=session.client_reference_id or "",
        remote_id=session.id,
        currency=(session.currency or "").upper(),
        amount=Decimal(0),
        event_id=event_id,
        at=at,
    )
    if whole.state is not State.PAID:
        return whole
    if isinstance(charge, stripe.Charge):
        return of_charge(
            charge,
            disputes,
            reference=whole.reference,
            remote_id=session.id,
            event_id=event_id,
            at=at,
        )
    paid = from_minor(session.amount_total or 0, whole.currency)
    return replace(whole, amount=paid)


def of_charge(
    charge: stripe.Charge,
    disputes: Sequence[stripe.Dispute] = (),
    *,
    reference: str,
    remote_id: str = "",
    event_id: str = "",
    at: datetime | None = None,
) -> Report:
    """Return what a charge says: paid, refunded or disputed.

    https://docs.stripe.com/api/charges/object: `amount_refunded` is of all refunds.
    """
    currency = charge.currency.upper()
    refunded = from_minor(charge.amount_refunded, currency)
    state = State.REFUNDED if refunded else State.PAID
    if charge.status == "failed":
        state = State.FAILED
    elif charge.status == "pending":
        state = State.PENDING
    paid = charge.amount_captured if charge.status == "succeeded" else 0
    report = Report(
        state,
        reference=reference,
        remote_id=remote_id,
        amount=from_minor(paid, currency),
        currency=currency,
        refunded=refunded,
        event_id=event_id,
        at=at,
        instrument=_instrument(charge),
        risk=(charge.outcome.risk_level if charge.outcome else "") or "",
        detail=charge.failure_message or "",
    )
    return of_dispute(max(disputes, key=_age), report) if disputes else report


def of_dispute(dispute: stripe.Dispute, paid: Report) -> Report:
    """Return what a dispute makes of what was paid.

    https://docs.stripe.com/api/disputes/object: an inquiry (warning_…) takes no money, so
    it is a note only, and one that was prevented never took any.
    """
    states = {
        "needs_response": State.DISPUTED,
        "under_review": State.DISPUTED,
        "won": State.DISPUTE_WON,
        "prevented": State.DISPUTE_WON,
        "lost": State.DISPUTE_LOST,
    }
    state = states.get(dispute.status)
    if state is None:
        return replace(paid, risk=INQUIRY, detail=dispute.reason)
    amount = from_minor(dispute.amount, dispute.currency.upper())
    return replace(paid, state=state, disputed=amount, detail=dispute.reason)


def moment(timestamp: int) -> datetime:
    """Return a moment that Stripe gives in seconds."""
    return datetime.fromtimestamp(timestamp, UTC)


def _state(session: stripe.checkout.Session) -> State:
    if session.payment_status == "paid":
        return State.PAID
    return State.EXPIRED if session.status == "expired" else State.PENDING


def _age(dispute: stripe.Dispute) -> int:
    return dispute.created


def _instrument(charge: stripe.Charge) -> str:
    """Return Stripe's fingerprint of the card, or the kind of what else was used."""
    details = charge.payment_method_details
    if details is None:
        return ""
    card = details.card if details.type == "card" else None
    return (card.fingerprint if card else details.type) or ""
