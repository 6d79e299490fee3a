"""Reading the answer to `services`: every row is either an offer or a reason."""

import html
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice

from provider.protocol.errors import Phrase, classify, error_text
from provider.protocol.json_reply import read_items, read_json
from provider.protocol.replies import (
    Catalogue,
    ErrorReply,
    OfferRow,
    Rejection,
    RejectionReason,
    UnreadableReply,
)
from provider.protocol.types import read_type
from provider.protocol.values import (
    given,
    read_decimal,
    read_flag,
    read_id,
    read_integer,
)

# What providers write for "not for sale".
_SENTINEL_RATE = Decimal(99_999_999)
_GREATEST_LIMIT = 2**31 - 1
_RATE_PLACES = 20
_WRAPPERS = ("services", "data", "result", "response")
_ID_KEYS = ("service", "id", "service_id")


# What comes from JSON holds no circles; a Decimal is written as a text.
_ENCODER = json.JSONEncoder(default=str, ensure_ascii=False, check_circular=False)


class _Rejected(Exception):
    def __init__(self, reason: RejectionReason, value: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = given(value)


def read_catalogue(body: bytes, *, phrases: Iterable[Phrase] = ()) -> Catalogue:
    """Return all rows of a catalogue, and the reason for each that cannot be sold.

    Reads a list, a list inside `services` or `data`, and an object keyed by id. Of rows
    with the same id the first counts. Raises ErrorReply where the answer is an error,
    UnreadableReply where it is no catalogue.
    """
    rows: list[OfferRow] = []
    rejected: list[Rejection] = []
    seen: set[str] = set()
    position = 0
    for position, (key, row) in enumerate(_rows(body, phrases), start=1):
        upstream_id = _id(key, row)
        try:
            if upstream_id in seen:
                raise _Rejected(RejectionReason.DUPLICATE_ID, upstream_id)
            rows.append(_offer(upstream_id, row))
            seen.add(upstream_id)
        except _Rejected as error:
            rejected.append(
                Rejection(position, upstream_id, error.reason, error.detail)
            )
    return Catalogue(tuple(rows), tuple(rejected), total=position)


def _rows(body: bytes, phrases: Iterable[Phrase]) -> Iterator[tuple[str, object]]:
    """Return each row with the key that it stood under, "" in a list."""
    items = read_items(body)
    if items is not None:
        return _listed(items, phrases)
    value = read_json(body)
    _refuse_error(value, phrases)
    for _level in range(3):
        if isinstance(value, dict):
            wrapped = (value[key] for key in _WRAPPERS if key in value)
            value = next(wrapped, value)
    if isinstance(value, list):
        return _listed(iter(value), phrases)
    if isinstance(value, dict) and value and all(read_id(key) for key in value):
        return iter(value.items())
    raise UnreadableReply("shape")


def _listed(
    items: Iterator[object], phrases: Iterable[Phrase]
) -> Iterator[tuple[str, object]]:
    """Yield a list's rows; a list of nothing but an error is one."""
    first = list(islice(items, 2))
    if len(first) == 1:
        _refuse_error(first[0], phrases)
    for row in chain(first, items):
        yield "", row


def _refuse_error(value: object, phrases: Iterable[Phrase]) -> None:
    text = error_text(value) if isinstance(value, str | dict) else None
    if text is not None:
        raise ErrorReply(text, classify(text, phrases=phrases))


def _id(key: str, row: object) -> str:
    """Return the id that a row gives itself, else that of its key, else ""."""
    if isinstance(row, dict):
        for name in _ID_KEYS:
            if name in row:
                return read_id(row[name]) or ""
    return read_id(key) or ""


def _offer(upstream_id: str, row: object) -> OfferRow:
    if not isinstance(row, dict):
        raise _Rejected(RejectionReason.NOT_AN_OBJECT, row)
    if not upstream_id:
        raise _Rejected(RejectionReason.NO_ID, [row.get(key) for key in _ID_KEYS])
    name = _text(row.get("name"))
    if not name:
        raise _Rejected(RejectionReason.NO_NAME, row.get("name"))
    least, greatest = _limits(row)
    return OfferRow(
        upstream_id=upstream_id,
        name=name,
        type_given=_common_text(row.get("type")),
        type=read_type(row.get("type")),
        category=_common_text(row.get("category")),
        rate=_rate(row),
        min=least,
        max=greatest,
        refill=read_flag(row.get("refill")),
        cancel=read_flag(row.get("cancel")),
        dripfeed=read_flag(row.get("dripfeed")),
        description=html.unescape(_given(row, "desc", "description")).strip(),
        average_time=_common_text(row.get("average_time")),
        raw=_ENCODER.encode(row).encode(),
    )


def _rate(row: Mapping[str, object]) -> Decimal:
    value = row.get("rate", row.get("price"))
    rate = read_decimal(value)
    if rate is None or _places(rate) > _RATE_PLACES:
        raise _Rejected(RejectionReason.BAD_RATE, value)
    if rate <= 0:
        raise _Rejected(RejectionReason.RATE_NOT_POSITIVE, value)
    if rate >= _SENTINEL_RATE:
        raise _Rejected(RejectionReason.RATE_SENTINEL, value)
    return rate


def _limits(row: Mapping[str, object]) -> tuple[int, int]:
    values = (row.get("min"), row.get("max"))
    least, greatest = map(read_integer, values)
    if least is None or greatest is None or greatest > _GREATEST_LIMIT:
        raise _Rejected(RejectionReason.BAD_LIMITS, values)
    if least <= 0:
        raise _Rejected(RejectionReason.MIN_NOT_POSITIVE, least)
    if least > greatest:
        raise _Rejected(RejectionReason.MIN_ABOVE_MAX, values)
    return least, greatest


def _places(number: Decimal) -> int:
    return -int(number.normalize().as_tuple().exponent)


def _given(row: Mapping[str, object], *keys: str) -> str:
    texts = (row[key] for key in keys if isinstance(row.get(key), str))
    return str(next(texts, ""))


def _text(value: object) -> str:
    """Return a line of text: entities resolved, one space wherever there was any."""
    return " ".join(html.unescape(value).split()) if isinstance(value, str) else ""


def _common_text(value: object) -> str:
    """Return the same for what stands in many rows: resolved, and kept, once."""
    return _resolved(value) if isinstance(value, str) else ""


_resolved = lru_cache(maxsize=10_000)(_text)
