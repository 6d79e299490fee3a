"""What happens to payments. Only these functions write them.

No gateway is called inside a transaction: a step is committed, the gateway is asked, and
the next step applies the answer.
"""

from payments.actions.applying import apply_report
from payments.actions.asking import ask, confirm_return, sweep_top_ups
from payments.actions.noting import note_notification, receive
from payments.actions.settling import confirm_by_hand, refund, release
from payments.actions.starting import start_top_up
from payments.actions.stopping import stop_orders
from payments.errors import PaymentError

__all__ = [
    "PaymentError",
    "apply_report",
    "ask",
    "confirm_by_hand",
    "confirm_return",
    "note_notification",
    "receive",
    "refund",
    "release",
    "start_top_up",
    "stop_orders",
    "sweep_top_ups",
]
