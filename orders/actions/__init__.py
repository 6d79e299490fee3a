"""Everything that changes orders."""

from orders.actions.answering import apply_answer
from orders.actions.drafting import drop_draft, keep_draft
from orders.actions.earmarking import earmark, lessen_earmark
from orders.actions.evidence import gather_evidence
from orders.actions.many import MOST_AT_ONCE, Answer, ask_for_many
from orders.actions.measuring import measure_health
from orders.actions.placing import place_order
from orders.actions.placing_many import Placed, place_lines
from orders.actions.reconciling import close_books
from orders.actions.refill_tracking import track_refills
from orders.actions.request_sending import send_requests
from orders.actions.request_settling import (
    ask_again,
    close_as_rejected,
    settle_as_accepted,
)
from orders.actions.requesting import cancel_order, request_refill
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
from orders.actions.stopping import lift_stop, settle_stops, stop_deliveries
from orders.actions.submitting import submit
from orders.actions.sweeping import sweep
from orders.actions.tracking import track
from orders.actions.warning import tell_of_low_balances

__all__ = [
    "MOST_AT_ONCE",
    "Answer",
    "Placed",
    "SettlementError",
    "apply_answer",
    "ask_again",
    "ask_for_many",
    "cancel_order",
    "clear_flag",
    "close_as_rejected",
    "close_books",
    "drop_draft",
    "earmark",
    "gather_evidence",
    "keep_draft",
    "lessen_earmark",
    "lift_stop",
    "measure_health",
    "place_lines",
    "place_order",
    "refund_absent",
    "refund_at_risk",
    "request_refill",
    "send_again",
    "send_requests",
    "settle_as_accepted",
    "settle_as_existing",
    "settle_by_hand",
    "settle_stops",
    "stop_deliveries",
    "submit",
    "sweep",
    "tell_of_low_balances",
    "track",
    "track_refills",
    "try_again",
]
