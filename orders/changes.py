"""A change of an order, before it is applied (orders.actions.transitions)."""

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import User
from orders.enums import HoldReason, Status, Submission
from provider.models import Reply

# How flags begin that only a person takes away; any other goes with its cause.
TWICE = "two upstream orders: "
OVERCHARGED = "overcharged: "
EXISTS = "refunded, but upstream has it: "
# Trouble with one of the orders that upstream has made of ours; goes with it.
PART = "its order "
LASTING = (TWICE, OVERCHARGED, EXISTS)


@dataclass(frozen=True)
class Change:
    """One change of one order. What is None stays as it is.

    `expected` is the submission that the order must be in (compare-and-set).
    `refunded` is the whole sum given back once this is applied; the difference is
    booked. `wait` is in seconds until the order is looked at again; `done_waiting`
    says that nobody need look. `flag` is a reason for staff, "" takes a flag away;
    one of the lasting flags stays whatever comes, unless a person `clears` it. `held_for` belongs to a change to
    held, and to no other.
    """

    order_id: int
    reason: str
    expected: Submission | None = None
    submission: Submission | None = None
    status: Status | None = None
    refunded: Decimal | None = None
    wait: float | None = None
    done_waiting: bool = False
    flag: str | None = None
    clears: bool = False
    held_for: HoldReason | None = None
    provider_id: int | None = None
    upstream_id: str | None = None
    start_count: int | None = None
    remains: int | None = None
    upstream_charge: Decimal | None = None
    misses: int = 0
    by: User | None = None
    reply: Reply | None = None
