"""JSON as providers send it: with a BOM, with PHP's notices before it, or not at all."""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
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
# JSON holds such characters as escapes only: raw ones it refuses, or are no UTF-8.
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SPACE = re.compile(r"[ \t\n\r]*")
# The beginning of a list that is not empty.
_LIST = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\n\r]*\[(?![ \t\n\r]*\])")
# So many bytes of a large reply are text at a time.
_PIECE = 1 << 20


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
        value: object = _DECODER.decode(text)
    except RecursionError:
        raise UnreadableReply("too_deep") from None
    except ValueError:
        raise UnreadableReply("not_json") from None
    _refuse_depth(value, _MAX_DEPTH)
    return _storable(value) if _ESCAPED.search(body) else value


def read_items(body: bytes) -> Iterator[object] | None:
    """Return the items of a list as they are read, or None where `body` is no plain list.

    By the same rules as `read_json`, but piece by piece: the text of a large reply takes
    four times its bytes, once a single emoji is in it. The items before a mistake are
    yielded before UnreadableReply is raised: nothing may be done with them earlier.
    """
    found = _LIST.match(body)
    if found is None:
        return None
    return _read_items(memoryview(body)[found.end() :], bool(_ESCAPED.search(body)))


def _read_items(body: memoryview, escaped: bool) -> Iterator[object]:
    pieces = _pieces(body)
    text, place, separator = next(pieces, ""), 0, ","
    while separator == ",":
        try:
            item, end = _DECODER.raw_decode(text, _skip_space(text, place))
            end = _skip_space(text, end)
            separator = text[end : end + 1]
            if separator not in {",", "]"}:
                # Perhaps the piece ends here; of a number nobody knows if it goes on.
                raise ValueError(separator)
        except RecursionError:
            raise UnreadableReply("too_deep") from None
        except ValueError:
            more = next(pieces, "")
            if not more:
                raise UnreadableReply("not_json") from None
            text, place, separator = text[place:] + more, 0, ","
            continue
        _refuse_depth(item, _MAX_DEPTH - 1)
        suspect = escaped and text.find("\\u", place, end) >= 0
        yield _storable(item) if suspect else item
        place = end + 1
    if text[place:].strip() or "".join(pieces).strip():
        raise UnreadableReply("not_json")


def _skip_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _pieces(body: memoryview) -> Iterator[str]:
    decode = getincrementaldecoder("utf-8")(errors="replace").decode
    for start in range(0, len(body), _PIECE):
        end = start + _PIECE
        # Nothing, where a character of several bytes goes on in the next piece.
        if text := decode(bytes(body[start:end]), end >= len(body)):
            yield text


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


def _refuse_depth(value: object, depth: int) -> None:
    if not isinstance(value, list | dict):
        return
    if not depth:
        raise UnreadableReply("too_deep")
    for item in value if isinstance(value, list) else value.values():
        if isinstance(item, list | dict):
            _refuse_depth(item, depth - 1)


def _storable(value: object) -> object:
    """Return `value` without such characters; a list or object is changed in place."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, list):
        for place, item in enumerate(value):
            value[place] = _storable(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            value[key] = _storable(item)
        if any(map(_UNSTORABLE.search, value)):
            return {_UNSTORABLE.sub("", key): item for key, item in value.items()}
    return value


_DECODER = json.JSONDecoder(parse_float=_decimal, parse_constant=_refuse_constant)
