"""What a provider answered, as typed values: what every reader returns."""

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from provider.protocol.errors import ErrorClass
from provider.protocol.statuses import RefillStatus, UpstreamStatus
from provider.protocol.types import ServiceType


class UnreadableReply(Exception):
    """The body is not an answer to what was asked.

    `reason` is a short word for machines: empty, html, not_json, too_deep, shape.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ErrorReply(UnreadableReply):
    """The whole answer is an error. `text` names the supplier: it is for staff only."""

    def __init__(self, text: str, error_class: ErrorClass) -> None:
        super().__init__(f"error:{error_class}")
        self.text = text
        self.error_class = error_class


@dataclass(frozen=True)
class Balance:
    """What the shop has at the provider, in the provider's currency."""

    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One service of a provider. `type` is None where `type_given` is not known.

    A flag that was not given, or not understood, is None: unknown, not false.
    `raw` is the row as it came: JSON with decimals as text, fit for a JSON column. As
    bytes, as a catalogue has 100,000 of them.
    """

    upstream_id: str
    name: str
    type_given: str
    type: ServiceType | None
    category: str
    rate: Decimal
    min: int
    max: int
    refill: bool | None
    cancel: bool | None
    dripfeed: bool | None
    description: str
    average_time: str
    raw: bytes


class RejectionReason(StrEnum):
    """Why a row of a catalogue cannot be sold."""

    NOT_AN_OBJECT = "not_an_object"
    NO_ID = "no_id"
    DUPLICATE_ID = "duplicate_id"
    NO_NAME = "no_name"
    BAD_RATE = "bad_rate"
    RATE_NOT_POSITIVE = "rate_not_positive"
    RATE_SENTINEL = "rate_sentinel"
    BAD_LIMITS = "bad_limits"
    MIN_NOT_POSITIVE = "min_not_positive"
    MIN_ABOVE_MAX = "min_above_max"


@dataclass(frozen=True)
class Rejection:
    """A row that was left out. `position` counts from 1; `detail` is what was given."""

    position: int
    upstream_id: str
    reason: RejectionReason
    detail: str


@dataclass(frozen=True)
class Catalogue:
    """Everything a provider offers; `total` = rows + rejected.

    `body` is the reply as it came, where the client has taken the key out of it, and
    `digest` what tells it from others.
    """

    rows: tuple[OfferRow, ...]
    rejected: tuple[Rejection, ...]
    total: int
    body: bytes = field(default=b"", repr=False)

    @cached_property
    def digest(self) -> str:
        return digest(self.body)


def digest(body: bytes) -> str:
    """Return what tells one reply from another, as 64 characters."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True)
class ListedOrder:
    """One of our orders, as a provider lists it; None or "" for what it does not say."""

    upstream_id: str
    service: str
    link: str
    request_id: str
    quantity: int | None
    charge: Decimal | None


class AddOutcome(StrEnum):
    """What became of an `add`. Only ACCEPTED and UNKNOWN may have made an order."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD_FUNDS = "held_funds"
    HELD_LINK = "held_link"
    HELD_WORDING = "held_wording"
    NOT_EXECUTED = "not_executed"
    PROVIDER_DOWN = "provider_down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class AddAnswer:
    """What an `add` came to. `retry_after` is in seconds, where upstream named it.

    `error` is upstream's text or, where there was none, what went wrong in a word.
    """

    outcome: AddOutcome
    upstream_id: str | None = None
    error: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class StatusRow:
    """What a provider says of one order.

    A number that was missing, or that cannot be read exactly, is None, with what was
    given beside it: an absent charge is `charge is None and not charge_given`.
    `orders` are the ids of the orders that a drip-feed or a subscription made.
    """

    status: UpstreamStatus | None
    status_given: str
    charge: Decimal | None = None
    charge_given: str = ""
    start_count: int | None = None
    remains: int | None = None
    remains_given: str = ""
    currency: str | None = None
    quantity: int | None = None
    runs: str | None = None
    orders: tuple[str, ...] = ()


@dataclass(frozen=True)
class IdError:
    """The provider could not answer for this one id. Not the end of the order."""

    text: str
    error_class: ErrorClass


class RequestOutcome(StrEnum):
    """What became of a request to refill or to cancel."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_EXECUTED = "not_executed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RefillAnswer:
    """What a request for a refill came to; `error_class` is None without an error.

    `whole` says that it is a refusal of a call about several, which was said of none of
    them: nothing was done, and each may be asked for alone.
    """

    outcome: RequestOutcome
    refill_id: str | None = None
    error: str = ""
    error_class: ErrorClass | None = None
    whole: bool = False


@dataclass(frozen=True)
class CancelAnswer:
    """What a request to cancel came to. ACCEPTED moves no money: a status does.

    `whole` is as for a refill.
    """

    outcome: RequestOutcome
    error: str = ""
    error_class: ErrorClass | None = None
    whole: bool = False


@dataclass(frozen=True)
class RefillStatusRow:
    """What a provider says of one refill; None for a word that we do not know."""

    status: RefillStatus | None
    status_given: str
