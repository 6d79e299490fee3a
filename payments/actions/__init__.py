"""What happens to payments. Only these functions write them.

No gateway is called inside a transaction: a step is committed, the gateway is asked, and
the next step applies the answer.
"""

from payments.actions.applying import apply_report
from payments.actions.asking import ask, confirm_return, sweep_top_ups
from payments.actions.deciding import (
    approve,
    carry_out,
    decide,
    reject,
)
from payments.actions.noting import forget_forged, note_notification, receive
from payments.actions.promising import refundable
from payments.actions.proving import add_proof
from payments.actions.settling import release
from payments.actions.starting import start_top_up
from payments.actions.stopping import stop_orders
from payments.errors import PaymentError

__all__ = [
    "PaymentError",
    "add_proof",
    "apply_report",
    "approve",
    "ask",
    "carry_out",
    "confirm_return",
    "decide",
    "forget_forged",
    "note_notification",
    "receive",
    "refundable",
    "reject",
    "release",
    "start_top_up",
    "stop_orders",
    "sweep_top_ups",
]
