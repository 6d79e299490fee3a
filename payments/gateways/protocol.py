"""What a gateway does for a top-up: the one thing that each gateway's folder implements.

A gateway is a class without state of its own in `payments/gateways/NAME/`, listed in
`payments.gateways.registry`. It calls its provider outside any transaction and returns
typed values; it reads and writes none of our rows. Amounts are in the currency's units
(12.50 for $12.50), never in cents: converting is the gateway's own affair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

# The risk of a payment whose payer's bank asks about it: no money has moved by it.
INQUIRY = "inquiry"


class GatewayError(Exception):
    """A call that came to nothing, or nobody knows to what.

    `unknown` says whether it may have had an effect all the same: then the top-up stays
    as it is, and the gateway is asked later. `message` is for staff, without secrets.
    """

    def __init__(self, message: str, *, unknown: bool) -> None:
        super().__init__(message)
        self.message = message
        self.unknown = unknown


class ForgedError(Exception):
    """A notification that this gateway has not signed, or that is too old."""


class UnreadableError(Exception):
    """A signed notification that says nothing that is understood."""


class State(StrEnum):
    """What a gateway says of a payment."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    # Of invoices in coins: what came is not what was asked for, or came too late.
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True)
class Limits:
    """The least and the most that one payment may be, in its currency."""

    least: Decimal
    most: Decimal


@dataclass(frozen=True)
class Wish:
    """A payment to be started. `reference` is ours, unique, and comes back in reports.

    Started again with the same reference, the gateway makes no second payment.
    """

    reference: str
    amount: Decimal
    currency: str
    email: str
    language: str
    description: str
    return_url: str
    cancel_url: str
    notify_url: str


@dataclass(frozen=True)
class Started:
    """Where the customer goes on: a hosted page, or instructions to read.

    `remote_id` is the gateway's number of the payment, "" where it has none yet.
    """

    remote_id: str
    url: str = ""
    instructions: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """What a gateway says, in a verified notification or when it was asked.

    `reference` and `remote_id` name the payment, one of them may be "". `amount` is what
    was paid so far, `refunded` what of it has gone back in all, `disputed` what of it a
    dispute is about, 0 where the gateway does not say. `event_id` tells the notification
    from others, "" where it was asked. `instrument` tells one card or account from
    another without naming it; `risk` is a word of the gateway for staff.
    """

    state: State
    reference: str = ""
    remote_id: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    refunded: Decimal = Decimal(0)
    disputed: Decimal = Decimal(0)
    event_id: str = ""
    at: datetime | None = None
    instrument: str = ""
    risk: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Refunded:
    """A refund that the gateway has taken. `pending` where the money is under way.

    `url` is where the customer says how to get it, where the gateway cannot know.
    """

    remote_id: str
    pending: bool = False
    url: str = ""


class Gateway(Protocol):
    """One way to pay."""

    name: str
    label: str
    # The settings that its keys are in, without which it is not offered.
    keys: Sequence[str]

    def is_configured(self) -> bool:
        """Return whether all of its keys are there; without them it is not offered."""
        ...

    def currencies(self) -> Sequence[str]:
        """Return the currencies that it takes."""
        ...

    def limits(self, currency: str) -> Limits:
        """Return the gateway's own limits for one payment."""
        ...

    def start(self, wish: Wish) -> Started:
        """Begin a payment. Raises GatewayError."""
        ...

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        """Verify a notification and return what it says; nothing for what we ignore.

        `headers` are compared without case. Raises ForgedError where the signature is
        missing, wrong or old, or no secret is set; UnreadableError. May call the gateway
        to learn what the notification only hints at, and raise GatewayError then.
        """
        ...

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        """Do what the gateway needs on return of the customer, and say what it came to.

        For gateways whose payments are captured by us (PayPal, Toss); what the address
        says is never believed. None where there is nothing to do. Raises GatewayError.
        """
        ...

    def ask(self, *, reference: str, remote_id: str) -> Report:
        """Ask what became of a payment. Raises GatewayError."""
        ...

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        """Send money back to where it came from, once for each `key`."""
        ...

    def check(self) -> str:
        """Call the gateway harmlessly and return what staff should read: it works.

        Raises GatewayError with what does not.
        """
        ...
