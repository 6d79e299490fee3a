"""One tolerant reader per action of the provider protocol."""

from provider.protocol.adding import read_add
from provider.protocol.balance import read_balance
from provider.protocol.catalogue import read_catalogue
from provider.protocol.listing import read_orders
from provider.protocol.refill_tracking import read_refill_statuses
from provider.protocol.requesting import read_cancels, read_refills
from provider.protocol.tracking import read_statuses

__all__ = [
    "read_add",
    "read_balance",
    "read_cancels",
    "read_catalogue",
    "read_orders",
    "read_refill_statuses",
    "read_refills",
    "read_statuses",
]
