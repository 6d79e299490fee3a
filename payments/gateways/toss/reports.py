"""What a Payment object of Toss Payments says, in our words."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from payments.gateways.protocol import GatewayError, Report, State

_STATES = {
    "READY": State.PENDING,
    "IN_PROGRESS": State.PENDING,
    "WAITING_FOR_DEPOSIT": State.PENDING,
    "DONE": State.PAID,
    "CANCELED": State.REFUNDED,
    "PARTIAL_CANCELED": State.REFUNDED,
    "ABORTED": State.FAILED,
    "EXPIRED": State.EXPIRED,
}


def of_payment(
    payment: Mapping[str, Any], *, event_id: str = "", detail: str = ""
) -> Report:
    """Return what a payment says of itself.

    https://docs.tosspayments.com/reference#payment-객체: `balanceAmount` is what has not gone
    back. One that was cancelled before anything was paid has no `approvedAt`.
    """
    try:
        state = _STATES[payment["status"]]
        total = Decimal(payment["totalAmount"])
        left = Decimal(payment["balanceAmount"])
        currency = str(payment["currency"])
        reference, remote_id = str(payment["orderId"]), str(payment["paymentKey"])
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise GatewayError(f"A payment without {error}.", unknown=True) from error
    if state is State.REFUNDED and not payment.get("approvedAt"):
        state = State.FAILED
    paid = state in {State.PAID, State.REFUNDED}
    failure = payment.get("failure")
    said = failure.get("message", "") if isinstance(failure, Mapping) else ""
    return Report(
        state,
        reference=reference,
        remote_id=remote_id,
        amount=total if paid else Decimal(0),
        currency=currency,
        refunded=total - left if state is State.REFUNDED else Decimal(0),
        event_id=event_id,
        at=_moment(payment.get("approvedAt")),
        instrument=_instrument(payment),
        detail=detail or said,
    )


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def _instrument(payment: Mapping[str, Any]) -> str:
    """Return what tells a card from others: of its masked number only a digest."""
    card = payment.get("card")
    if not isinstance(card, Mapping) or not card.get("number"):
        simple = payment.get("easyPay")
        named = simple.get("provider") if isinstance(simple, Mapping) else ""
        return str(named or payment.get("method") or "")
    told = f"{card.get('issuerCode', '')}:{card['number']}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]
