"""JSON as providers send it: with a BOM, with PHP's notices before it, or not at all."""

import json
import re
from decimal import Decimal

from provider.protocol.replies import UnreadableReply

_MAX_DEPTH = 30
_KINDS = r"(?:notice|warning|deprecated|strict standards)"
# What PHP prints before the JSON, with and without html_errors.
_NOTICE = re.compile(
    rf"\s*(?:<br\s*/?>\s*)?<b>\s*{_KINDS}\s*</b>\s*:.*?<br\s*/?>"
    rf"|\s*(?:PHP )?{_KINDS}:[^\n]* on line \d+(?=\s)",
    re.IGNORECASE | re.DOTALL,
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json(body: bytes) -> object:
    """Return the JSON value of `body`: fractions as Decimal, whole numbers exact.

    A BOM and PHP notices before the JSON are skipped; the rest must be one whole value,
    so that a cut reply is never read in part. Characters that PostgreSQL cannot store
    (NUL, lone surrogates) are dropped from texts. Raises UnreadableReply with the reason
    empty, html, not_json (NaN and Infinity included) or too_deep.
    """
    text = _without_notices(body.decode("utf-8-sig", errors="replace")).strip()
    if not text:
        raise UnreadableReply("empty")
    if text.startswith("<"):
        raise UnreadableReply("html")
    try:
        value: object = json.loads(
            text, parse_float=_decimal, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise UnreadableReply("too_deep") from None
    except ValueError:
        raise UnreadableReply("not_json") from None
    return _storable(value, _MAX_DEPTH)


def _without_notices(text: str) -> str:
    start = 0
    while notice := _NOTICE.match(text, start):
        start = notice.end()
    return text[start:]


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    # 1e999999 is a number to JSON, and a way to fill the memory to arithmetic.
    if value and not -40 <= value.adjusted() <= 40:
        raise ValueError(text)
    return value or Decimal(0)


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _storable(value: object, depth: int) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if not isinstance(value, list | dict):
        return value
    if not depth:
        raise UnreadableReply("too_deep")
    if isinstance(value, list):
        return [_storable(item, depth - 1) for item in value]
    return {
        _UNSTORABLE.sub("", key): _storable(item, depth - 1)
        for key, item in value.items()
    }
