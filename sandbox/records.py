"""What the sandbox remembers: orders, subscriptions and refills, as plain records."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """The words in which the sandbox tells where an order stands."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    IN_PROGRESS = "In progress"
    COMPLETED = "Completed"
    PARTIAL = "Partial"
    CANCELED = "Canceled"
    FAILED = "Failed"
    ACTIVE = "Active"
    PAUSED = "Paused"
    EXPIRED = "Expired"
    REJECTED = "Rejected"


@dataclass(slots=True)
class Order:
    """An accepted order: what was asked, what it will come to, and how it ended."""

    id: int
    service: str
    fields: dict[str, str]
    units: int
    charge: Decimal
    placed_at: float
    # Its fate, fixed when it is accepted.
    seconds: float
    outcome: Status
    will_deliver: int
    # Flags of the service when the order was placed.
    refillable: bool = False
    cancelable: bool = False
    runs: int | None = None
    subscription: int | None = None
    # A drip-feed that shows its runs lists their orders; each of them has a parent.
    parent: int | None = None
    children: list[int] | None = None
    cancel_at: float | None = None
    last_refill: int | None = None
    refills: int = 0
    # Written once, when the clock passes the end.
    ended: Status | None = None
    delivered: int = 0
    # What it changes to after it was completed, until it has.
    regret: Status | None = None
    # The word that is its id instead of its number; the id that its `add` was answered
    # with, as sent; and the fault in that answer.
    name: str = ""
    given: str = ""
    fault: str = ""

    @property
    def link(self) -> str:
        """The address the work is for, or nothing."""
        return self.fields.get("link", "")


@dataclass(slots=True)
class Subscription:
    """An accepted subscription: orders are placed for it, one a life."""

    id: int
    service: str
    fields: dict[str, str]
    placed_at: float
    seconds: float
    minimum: int
    maximum: int
    posts: int
    expires_at: float | None = None
    cancelable: bool = False
    ended: Status | None = None
    orders: list[int] = field(default_factory=list)
    name: str = ""
    given: str = ""
    fault: str = ""

    @property
    def link(self) -> str:
        """The address the work is for, or nothing: it is for a user's posts."""
        return self.fields.get("link", "")


@dataclass(slots=True)
class Refill:
    """An accepted refill of a completed order."""

    id: int
    order: int
    asked_at: float
    seconds: float
    rejected: bool = False
