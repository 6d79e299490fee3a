"""The words that providers use for the state of an order or a refill, and ours."""

import re
from collections.abc import Mapping
from enum import StrEnum


class UpstreamStatus(StrEnum):
    """What a provider says of an order, in our words."""

    PENDING = "pending"
    PROCESSING = "processing"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    PARTIAL = "partial"
    CANCELED = "canceled"
    FAILED = "failed"
    EXPIRED = "expired"


class RefillStatus(StrEnum):
    """What a provider says of a refill, in our words."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELED = "canceled"
    ERROR = "error"
    NOT_FOUND = "not_found"


_ORDER_WORDS: Mapping[UpstreamStatus, tuple[str, ...]] = {
    UpstreamStatus.PENDING: ("Pending", "Awaiting", "New", "Queued", "In line"),
    UpstreamStatus.PROCESSING: ("Processing", "Accepted"),
    UpstreamStatus.IN_PROGRESS: ("In progress", "Running", "Active"),
    UpstreamStatus.PAUSED: ("Paused", "On pause"),
    UpstreamStatus.COMPLETED: ("Completed", "Complete", "Finished", "Success", "Done"),
    UpstreamStatus.PARTIAL: ("Partial",),
    UpstreamStatus.CANCELED: ("Canceled", "Cancelled", "canelled", "Cancel"),
    UpstreamStatus.FAILED: ("Refunded", "Fail", "Failed", "Error", "Rejected"),
    UpstreamStatus.EXPIRED: ("Expired", "Stopped"),
}

_REFILL_WORDS: Mapping[RefillStatus, tuple[str, ...]] = {
    RefillStatus.PENDING: ("Pending", "Awaiting"),
    RefillStatus.IN_PROGRESS: ("In progress",),
    RefillStatus.COMPLETED: ("Completed", "Complete"),
    RefillStatus.REJECTED: ("Rejected",),
    RefillStatus.CANCELED: ("Canceled", "Cancelled", "canelled", "Cancel"),
    RefillStatus.ERROR: ("Error",),
    RefillStatus.NOT_FOUND: ("Refill not found",),
}


def _fold(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text).casefold()


_ORDERS = {_fold(word): ours for ours, words in _ORDER_WORDS.items() for word in words}
_REFILLS = {
    _fold(word): ours for ours, words in _REFILL_WORDS.items() for word in words
}


def read_status(text: object) -> UpstreamStatus | None:
    """Return what `text` says of an order; None for a word that we do not know."""
    return _ORDERS.get(_fold(text)) if isinstance(text, str) else None


def read_refill_status(text: object) -> RefillStatus | None:
    """Return what `text` says of a refill; None for a word that we do not know."""
    return _REFILLS.get(_fold(text)) if isinstance(text, str) else None
