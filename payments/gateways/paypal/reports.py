"""What PayPal's orders, captures and disputes say, in our words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from payments.gateways.protocol import Report, State

# https://developer.paypal.com/docs/api/payments/v2/#captures_get
_CAPTURES = {
    "COMPLETED": State.PAID,
    "PENDING": State.PENDING,
    "DECLINED": State.FAILED,
    "FAILED": State.FAILED,
    "PARTIALLY_REFUNDED": State.REFUNDED,
    "REFUNDED": State.REFUNDED,
}
_LOST = {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}
_WON = {
    "RESOLVED_SELLER_FAVOUR",
    "RESOLVED_WITH_PAYOUT",
    "CANCELED_BY_BUYER",
    "DENIED",
}


def of_order(order: Mapping[str, Any], *, event_id: str = "") -> Report:
    """Return what an order says, and its capture and refunds where there are any.

    https://developer.paypal.com/docs/api/orders/v2/#orders_get: nothing is paid before the
    order is COMPLETED, which the capture of an order that was APPROVED makes it. Raises
    KeyError, TypeError or ArithmeticError where something is missing.
    """
    unit = order["purchase_units"][0]
    payments = unit.get("payments") or {}
    captures = payments.get("captures") or []
    if captures:
        report = of_capture(captures[-1], event_id=event_id)
        refunds = [
            money(refund["amount"])
            for refund in payments.get("refunds") or []
            if refund["status"] in {"COMPLETED", "PENDING"}
        ]
        report = replace(report, refunded=sum(refunds, Decimal(0)))
    else:
        state = State.EXPIRED if order["status"] == "VOIDED" else State.PENDING
        currency = unit["amount"]["currency_code"]
        report = Report(state, currency=currency, event_id=event_id)
    payer = (order.get("payment_source") or {}).get("paypal") or {}
    return replace(
        report,
        reference=unit.get("custom_id", ""),
        remote_id=order["id"],
        instrument=payer.get("account_id", ""),
    )


def of_capture(capture: Mapping[str, Any], *, event_id: str = "") -> Report:
    """Return what a capture says of itself. It does not say how much was refunded."""
    state = _CAPTURES[capture["status"]]
    paid = state in {State.PAID, State.REFUNDED}
    related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
    protected = (capture.get("seller_protection") or {}).get("status", "")
    return Report(
        state,
        reference=capture.get("custom_id", ""),
        remote_id=related.get("order_id", ""),
        amount=money(capture["amount"]) if paid else Decimal(0),
        currency=capture["amount"]["currency_code"],
        event_id=event_id,
        at=moment(capture.get("create_time")),
        risk=f"seller protection: {protected.lower()}" if protected else "",
        detail=(capture.get("status_details") or {}).get("reason", ""),
    )


def of_dispute(dispute: Mapping[str, Any], paid: Report) -> Report:
    """Return what a dispute makes of what was paid.

    https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_get: one that is
    resolved has an outcome. PayPal holds the money from the first message on.
    """
    outcome = (dispute.get("dispute_outcome") or {}).get("outcome_code", "")
    state = State.DISPUTED
    if dispute["status"] == "RESOLVED" and outcome in _LOST | _WON:
        state = State.DISPUTE_LOST if outcome in _LOST else State.DISPUTE_WON
    disputed = dispute.get("dispute_amount")
    return replace(
        paid,
        state=state,
        disputed=money(disputed) if disputed else Decimal(0),
        detail=f"{dispute.get('reason', '')} {outcome}".strip(),
    )


def money(amount: Mapping[str, Any]) -> Decimal:
    """Return an amount, which PayPal writes in the currency's units."""
    return Decimal(amount["value"])


def moment(text: Any) -> datetime | None:
    """Return a moment that PayPal gives, None where it is none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
