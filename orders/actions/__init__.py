"""Everything that changes orders."""

from orders.actions.answering import apply_answer
from orders.actions.evidence import gather_evidence
from orders.actions.placing import place_order
from orders.actions.reconciling import close_books
from orders.actions.refill_tracking import track_refills
from orders.actions.requesting import cancel_order, request_refill, send_request
from orders.actions.settling import (
    SettlementError,
    clear_flag,
    refund_absent,
    refund_at_risk,
    send_again,
    settle_as_existing,
    settle_by_hand,
    try_again,
)
from orders.actions.submitting import submit
from orders.actions.sweeping import sweep
from orders.actions.tracking import track

__all__ = [
    "SettlementError",
    "apply_answer",
    "cancel_order",
    "clear_flag",
    "gather_evidence",
    "close_books",
    "place_order",
    "refund_absent",
    "refund_at_risk",
    "request_refill",
    "send_again",
    "send_request",
    "settle_as_existing",
    "settle_by_hand",
    "submit",
    "sweep",
    "track",
    "track_refills",
    "try_again",
]
