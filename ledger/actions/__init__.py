"""Moving money. Every movement is a transfer with a unique key.

The functions that other rooms call inside their own step say so: they refuse to run
outside a transaction, as the money belongs to the same commit as its cause.
"""

from ledger.actions.accounts import (
    customer_account,
    lock_customers,
    open_provider_account,
    system_account,
)
from ledger.actions.charging import charge
from ledger.actions.crediting import credit, reverse_credit
from ledger.actions.moving import Move, move, move_all, move_to_system, send_funds
from ledger.actions.returning import Return, give_back
from ledger.actions.topping import bring_back, take_back, top_up
from ledger.errors import AlreadyMovedError, InsufficientFundsError, LedgerError

__all__ = [
    "AlreadyMovedError",
    "InsufficientFundsError",
    "LedgerError",
    "Move",
    "Return",
    "bring_back",
    "charge",
    "credit",
    "customer_account",
    "give_back",
    "lock_customers",
    "move",
    "move_all",
    "move_to_system",
    "open_provider_account",
    "reverse_credit",
    "send_funds",
    "system_account",
    "take_back",
    "top_up",
]
