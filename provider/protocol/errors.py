"""Errors in replies: finding the text of one, and telling what it means."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from provider.protocol.phrases import BUILT_IN
from provider.protocol.values import given

_TEXT_LENGTH = 500
_MESSAGE_KEYS = ("message", "msg", "error", "text", "detail", "description")
# Flags that stand where a text could be.
_NO_TEXT = frozenset({"0", "false", "no", "none", "null", "1", "true", "yes"})
_NO_ERROR = frozenset({"", "0", "false", "no", "none", "null"})
_FAILURE_WORDS = frozenset({"fail", "failed", "failure", "error", "false", "0"})
# A reply with any of these is the state of an order, even where its status is "Fail".
ORDER_KEYS = frozenset(
    {
        *("charge", "remains", "start_count", "start_counter", "currency"),
        *("runs", "orders", "expiry", "posts"),
    }
)


_IDS = r"(?:order |refill )?(?:ids|id's|orders|refills)\b"
_AT_MOST = r"(?:max|maximum|maximal|up to|at most|more than|limit|limited|only)"
_MOST_IDS = (
    rf"\b{_AT_MOST}\b[^0-9]{{0,30}}(?<![\d.])(\d{{1,4}}) *{_IDS}",
    rf"(?<![\d.])(\d{{1,4}}) *{_IDS} *(?:max|maximum|at most|allowed|per|at once)\b",
    rf"\b{_IDS}[^0-9]{{0,30}}\b(?:max|is|limit|exceed\w*)\b[^0-9]{{0,20}}(\d{{1,4}})\b",
)


class ErrorClass(StrEnum):
    """What an error means for the shop; the provider protocol's table of `add` answers."""

    PROVIDER_DOWN = "provider_down"
    NO_FUNDS = "no_funds"
    LINK_BUSY = "link_busy"
    REFUSED = "refused"
    NOT_EXECUTED = "not_executed"
    UNKNOWN_ID = "unknown_id"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True)
class Phrase:
    """Words that give an error its class; `*` in the pattern stands for anything.

    Case, accents and punctuation make no difference, and the end of a word is open.
    """

    pattern: str
    error_class: ErrorClass


_KNOWN = tuple(
    Phrase(pattern, ErrorClass(name))
    for name, patterns in BUILT_IN.items()
    for pattern in patterns
)


def error_text(value: object) -> str | None:
    """Return the text of the error that `value` is, or None where it is not an error.

    Reads every form that the provider protocol lists. An error without a word of text,
    such as `{"error": true}`, is None as well: nobody could tell what it means.
    """
    if isinstance(value, str):
        return _message(value)
    if isinstance(value, list):
        return error_text(value[0]) if len(value) == 1 else None
    if not isinstance(value, dict):
        return None
    for key in ("error", "errors"):
        text = _message(value.get(key))
        if text is not None:
            return text
    return _first_message(value) if says_failed(value) else None


def classify(text: str, *, phrases: Iterable[Phrase] = ()) -> ErrorClass:
    """Return what the error `text` means; a provider's own `phrases` win over ours."""
    plain = _plain(text[:_TEXT_LENGTH])
    for phrase in (*phrases, *_KNOWN):
        expression = _expression(phrase.pattern)
        if expression is not None and expression.search(plain):
            return phrase.error_class
    return ErrorClass.UNRECOGNISED


def wait_seconds(text: str) -> float | None:
    """Return N of a text such as "wait N seconds", or None."""
    found = re.search(r"(?<![\d.])(\d{1,5})\s*(?:s|sec|secs|seconds?)\b", text.lower())
    return float(found[1]) if found else None


def most_ids(text: str) -> int | None:
    """Return N of a text such as "Maximum N IDs", or None where it is about no number
    of ids."""
    for pattern in _MOST_IDS:
        if found := re.search(pattern, text.lower()):
            return int(found[1]) or None
    return None


def says_failed(value: Mapping[str, object]) -> bool:
    """Whether an object is an envelope that says so: `{"success": false, "msg": …}`.

    `{"status": "Fail", "charge": "0"}` is none: that is the state of an order.
    """
    error = value.get("error")
    if isinstance(error, int | str) and given(error).lower() not in _NO_ERROR:
        return True
    for key in ("success", "ok"):
        if given(value.get(key)).lower() in _FAILURE_WORDS:
            return True
    status = given(value.get("status")).lower()
    return status in _FAILURE_WORDS and not ORDER_KEYS & value.keys()


def _first_message(value: Mapping[str, object]) -> str | None:
    texts = (_message(value.get(key)) for key in _MESSAGE_KEYS)
    return next((text for text in texts if text is not None), None)


def _message(value: object, depth: int = 0) -> str | None:
    """Return the first text in `value`: a text, a list of texts, an object with one."""
    if isinstance(value, str):
        return None if value.strip().lower() in _NO_TEXT else _squash(value)
    if depth > 2:
        return None
    inner: Iterable[object] = ()
    if isinstance(value, list):
        inner = value
    elif isinstance(value, dict):
        named = [value[key] for key in _MESSAGE_KEYS if key in value]
        inner = named or value.values()
    texts = (_message(item, depth + 1) for item in inner)
    return next((text for text in texts if text is not None), None)


def _squash(text: str) -> str | None:
    return " ".join(text.split())[:_TEXT_LENGTH] or None


def _plain(text: str) -> str:
    """Return `text` in lower case without accents; all but letters and digits is space."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(mark for mark in folded if not unicodedata.combining(mark))
    # The Turkish dotless i and the Vietnamese d have no accent that could be dropped.
    bare = unicodedata.normalize("NFC", bare).replace("ı", "i").replace("đ", "d")
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str] | None:
    parts = [re.escape(_plain(part)) for part in pattern.split("*")]
    if not any(parts):
        return None
    return re.compile(r"(?<!\w)" + ".*".join(part for part in parts if part))
