"""Reading the answer to `add`: what it means, in the provider protocol's order."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from provider.protocol.errors import (
    ErrorClass,
    Phrase,
    classify,
    error_text,
    wait_seconds,
)
from provider.protocol.json_reply import read_json
from provider.protocol.pieces import unwrap
from provider.protocol.replies import AddAnswer, AddOutcome, UnreadableReply
from provider.protocol.values import read_id

TOO_MANY_REQUESTS = 429
_LONGEST_WAIT = 86_400.0
_OUTCOMES: Mapping[ErrorClass, AddOutcome] = {
    ErrorClass.PROVIDER_DOWN: AddOutcome.PROVIDER_DOWN,
    ErrorClass.NO_FUNDS: AddOutcome.HELD_FUNDS,
    ErrorClass.LINK_BUSY: AddOutcome.HELD_LINK,
    ErrorClass.REFUSED: AddOutcome.REFUSED,
    ErrorClass.NOT_EXECUTED: AddOutcome.NOT_EXECUTED,
}


def read_add(
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    phrases: Iterable[Phrase] = (),
) -> AddAnswer:
    """Return what an answer to `add` means; never raises.

    In this order: a usable id is accepted at any HTTP status; a text of a known class is
    that class; 429 is not executed; then 5xx, no JSON or no text is unknown; what is
    left is an error in words that nobody knows yet, which is held.
    """
    try:
        value = read_json(body)
    except UnreadableReply as error:
        return _without_text(http_status, headers, error.reason)
    upstream_id = _order_id(value, http_status)
    if upstream_id is not None:
        return AddAnswer(AddOutcome.ACCEPTED, upstream_id)
    text = error_text(value)
    if text is None:
        return _without_text(http_status, headers, "no_id")
    outcome = _OUTCOMES.get(classify(text, phrases=phrases))
    if outcome is not None:
        wait = retry_after(headers) or wait_seconds(text)
        return AddAnswer(outcome, error=text, retry_after=wait)
    if http_status == TOO_MANY_REQUESTS or http_status >= 500:
        return _without_text(http_status, headers, text)
    return AddAnswer(AddOutcome.HELD_WORDING, error=text)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, at most a day, or None.

    A date in it is measured against the reply's own `Date`: clocks differ.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    text = lower.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), _LONGEST_WAIT)
    until, sent = _date(text), _date(lower.get("date", ""))
    if until is None or sent is None:
        return None
    return min(max((until - sent).total_seconds(), 0.0), _LONGEST_WAIT)


def _without_text(
    http_status: int, headers: Mapping[str, str], error: str
) -> AddAnswer:
    if http_status == TOO_MANY_REQUESTS:
        wait = retry_after(headers)
        return AddAnswer(AddOutcome.NOT_EXECUTED, error=error, retry_after=wait)
    return AddAnswer(AddOutcome.UNKNOWN, error=error)


def _order_id(value: object, http_status: int) -> str | None:
    """Return the id under `order` or `order_id`, or a bare one in a 2xx reply."""
    value = unwrap(value)
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, dict):
        ids = (read_id(value.get(key)) for key in ("order", "order_id"))
        return next((upstream_id for upstream_id in ids if upstream_id), None)
    bare = read_id(value) if 200 <= http_status < 300 else None
    # A bare 1 says "true" rather than that this is the provider's first order.
    return None if bare == "1" else bare


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
