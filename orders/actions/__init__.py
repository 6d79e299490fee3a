"""Everything that changes orders."""

from orders.actions.answering import apply_answer
from orders.actions.placing import place_order
from orders.actions.refill_tracking import track_refills
from orders.actions.requesting import cancel_order, request_refill, send_request
from orders.actions.submitting import submit
from orders.actions.sweeping import sweep
from orders.actions.tracking import track

__all__ = [
    "apply_answer",
    "cancel_order",
    "place_order",
    "request_refill",
    "send_request",
    "submit",
    "sweep",
    "track",
    "track_refills",
]
