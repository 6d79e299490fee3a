"""How a sandbox does business, as its command line or a test sets it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """A vendor's key and money, how its orders live, and its extras."""

    key: str = "practice"
    currency: str = "USD"
    deposit: Decimal = Decimal(10_000)
    # Seconds from Pending to Completed, and between two refills of one order.
    speed: float = 20.0
    refill_cooldown: float = 60.0
    # Shares of orders, from 0 to 1, that end Partial and Canceled.
    partial: float = 0.0
    cancel: float = 0.0
    seed: str = "1"
    # Extras that only some providers have.
    request_ids: bool = False
    list_orders: bool = False
    # A drip-feed shows its runs, each an order of its own.
    children: bool = False
