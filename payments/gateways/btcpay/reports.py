"""What an invoice of BTCPay Server says, in our words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from payments.gateways.protocol import GatewayError, Report, State
from payments.gateways.units import from_minor
from shop.money import round_to


def of_invoice(invoice: Any) -> Report:
    """Return what an invoice says of itself.

    https://docs.btcpayserver.org/Invoices/#invoice-statuses: a status, and an additional
    one that says why. An invoice that is settled as it was asked for is paid with its
    amount; every other one with what came.
    """
    try:
        state = _state(invoice["status"], invoice["additionalStatus"])
        whole = state is State.PAID and invoice["additionalStatus"] == "None"
        came = _settled_for(invoice) if whole else paid_for(invoice)
        open_or_void = {State.PENDING, State.FAILED, State.EXPIRED}
        return Report(
            state,
            reference=reference_of(invoice),
            remote_id=str(invoice["id"]),
            amount=Decimal(0) if state in open_or_void else came,
            currency=str(invoice["currency"]),
            risk="marked by hand" if invoice["additionalStatus"] == "Marked" else "",
            detail=str(invoice["additionalStatus"]),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise GatewayError(f"An invoice without {error}.", unknown=True) from error


def paid_for(invoice: Any) -> Decimal:
    """Return what came for an invoice, in its currency and cut to its decimals.

    0 where BTCPay Server is too old to tell. What came is coins times a rate, with more
    decimals than the currency has.
    """
    try:
        step = from_minor(1, str(invoice["currency"]))
        return round_to(Decimal(invoice.get("paidAmount") or 0), step, "down")
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise GatewayError(f"An invoice without {error}.", unknown=True) from error


def asked_for(invoice: Any) -> Decimal:
    """Return what an invoice that was read before asked for."""
    return Decimal(invoice["amount"])


def _settled_for(invoice: Any) -> Decimal:
    """Return what an invoice is worth that BTCPay Server calls settled: what it asked for.

    What came may be less by a part of the smallest unit, as it was counted in coins. Where
    it is less by more, it is what came: no word stands above the sum.
    """
    asked, step = asked_for(invoice), from_minor(1, str(invoice["currency"]))
    told = invoice.get("paidAmount")
    if told is None or Decimal(told) > asked - step:
        return asked
    return paid_for(invoice)


def _state(status: str, additional: str) -> State:
    if status == "Settled":
        return {"PaidOver": State.OVERPAID, "PaidLate": State.LATE}.get(
            additional, State.PAID
        )
    if status == "Expired":
        return {"PaidPartial": State.UNDERPAID, "PaidLate": State.LATE}.get(
            additional, State.EXPIRED
        )
    states = {
        "New": State.PENDING,
        "Processing": State.PENDING,
        "Invalid": State.FAILED,
    }
    return states[status]


def reference_of(invoice: Mapping[str, Any]) -> str:
    """Return our reference, or "" for an invoice that the shop has not made."""
    metadata = invoice.get("metadata")
    reference = metadata.get("orderId") if isinstance(metadata, Mapping) else None
    return reference if isinstance(reference, str) else ""
