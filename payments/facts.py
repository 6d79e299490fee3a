"""What reports add up to, whatever order they come in. Pure: no row is read or written.

Every fact only moves forward: unpaid to paid, the sum that went back, the dispute. The
state and the money that is taken back follow from the facts alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import TypeVar

from payments.enums import UNPAID, Dispute, TopUpState
from payments.gateways.protocol import Report, State
from payments.models import TopUp
from shop.money import PLACES, ZERO

Step = TypeVar("Step", Dispute, TopUpState)

# What a report of each state says of an unpaid top-up, and of a dispute.
_UNPAID = {
    State.PENDING: TopUpState.PENDING,
    State.EXPIRED: TopUpState.EXPIRED,
    State.FAILED: TopUpState.FAILED,
}
_DISPUTES = {
    State.DISPUTED: Dispute.OPEN,
    State.DISPUTE_WON: Dispute.WON,
    State.DISPUTE_LOST: Dispute.LOST,
}
# What cannot be said of a payment that nobody paid.
_AFTER_PAYMENT = frozenset({State.REFUNDED, *_DISPUTES})


@dataclass(frozen=True)
class Facts:
    """All that is known of a payment."""

    is_paid: bool
    refunded: Decimal
    dispute: Dispute
    disputed: Decimal
    unpaid: TopUpState

    @property
    def is_contested(self) -> bool:
        """Whether the payer's bank has the money back, or may."""
        return self.dispute in (Dispute.OPEN, Dispute.LOST)


@dataclass(frozen=True)
class Due:
    """What of a top-up's amount and bonus is to be taken back in all."""

    amount: Decimal
    bonus: Decimal


def facts_of(top_up: TopUp) -> Facts:
    """Return what is known so far."""
    return Facts(
        is_paid=top_up.paid_at is not None,
        refunded=top_up.refunded,
        dispute=Dispute(top_up.dispute),
        disputed=top_up.disputed,
        unpaid=TopUpState(top_up.state)
        if top_up.paid_at is None
        else TopUpState.PENDING,
    )


def add(facts: Facts, report: Report, top_up: TopUp) -> Facts:
    """Return the facts with what a report of this top-up says; it has been compared."""
    pays = report.state in (State.PAID, State.OVERPAID)
    # A refund that names what was paid proves the payment, should it come first.
    proves = report.state in _AFTER_PAYMENT and report.amount > 0
    return Facts(
        is_paid=facts.is_paid or pays or proves,
        refunded=min(max(facts.refunded, report.refunded), top_up.total),
        dispute=_later(
            list(Dispute), facts.dispute, _DISPUTES.get(report.state, Dispute.NONE)
        ),
        disputed=min(max(facts.disputed, report.disputed), top_up.total),
        unpaid=_later(
            UNPAID, facts.unpaid, _UNPAID.get(report.state, TopUpState.CREATED)
        ),
    )


def state(facts: Facts, top_up: TopUp) -> TopUpState:
    """Return the state that the facts amount to."""
    if not facts.is_paid:
        return facts.unpaid
    if facts.is_contested:
        return TopUpState.DISPUTED
    if facts.refunded >= top_up.total:
        return TopUpState.REFUNDED
    return TopUpState.PAID


def due(facts: Facts, top_up: TopUp) -> Due:
    """Return what is to be taken back: what went back or is on its way, and what is contested.

    That is all of it where the gateway does not say how much a dispute is about.
    The fee goes back last, and of the bonus the same part as of the amount, rounded up.
    """
    if not facts.is_paid:
        return Due(ZERO, ZERO)
    contested = (facts.disputed or top_up.total) if facts.is_contested else ZERO
    amount = min(max(facts.refunded, top_up.promised) + contested, top_up.amount)
    with localcontext(prec=60):
        bonus = (top_up.bonus * amount / top_up.amount).quantize(
            Decimal(1).scaleb(-PLACES), ROUND_CEILING
        )
    return Due(amount, min(bonus, top_up.bonus))


def mismatch(report: Report, top_up: TopUp) -> str:
    """Return why a report cannot be of this top-up as it was begun, or ""."""
    if report.reference and report.reference != top_up.reference:
        return f"another reference: {report.reference}"
    if report.remote_id and top_up.remote_id not in ("", report.remote_id):
        return f"another payment: {report.remote_id}"
    if report.state == State.UNDERPAID:
        return f"underpaid: {report.amount} {report.currency}"
    if report.state == State.LATE:
        return f"paid too late: {report.amount} {report.currency}"
    pays = report.state in (State.PAID, State.OVERPAID)
    if not pays and not (report.state in _AFTER_PAYMENT and report.amount > 0):
        return ""
    if report.currency != top_up.currency:
        return f"another currency: {report.amount} {report.currency}"
    enough = report.amount > top_up.total and report.state == State.OVERPAID
    if report.amount != top_up.total and not enough:
        return f"another amount: {report.amount} {report.currency}"
    return ""


def _later(order: Sequence[Step], one: Step, other: Step) -> Step:
    return max(one, other, key=order.index)
