"""What may be kept of a call: never the key, and not more than is useful."""

import html
import json
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote_plus, urlencode

ARCHIVED_BYTES = 64 * 1024
# The key may be longer than what stands in its place.
DECODED_BYTES = 4 * ARCHIVED_BYTES
ASKED_BYTES = 4 * 1024


def redact(text: str, *, key: str) -> str:
    """Return `text` without the key, however a reply writes it."""
    for spelling in _spellings(key):
        text = text.replace(spelling, "***")
    return text


def redact_bytes(body: bytes, *, key: str) -> bytes:
    """Return a reply as it came, without the key, however it writes it in UTF-8."""
    for spelling in _spellings(key):
        body = body.replace(spelling.encode(errors="surrogatepass"), b"***")
    return body


def beginning(body: bytes, *, key: str) -> str:
    """Return as much of a reply as is archived, as text without the key.

    Of a catalogue of many megabytes only the beginning is decoded.
    """
    head = body[:DECODED_BYTES]
    text = redact(head.decode("utf-8", errors="replace"), key=key)
    if len(body) > len(head):
        # It may end inside the key.
        longest = max(map(len, _spellings(key)), default=0)
        text = text[: len(text) - longest]
    return capped(text)


@lru_cache(maxsize=256)
def _spellings(key: str) -> tuple[str, ...]:
    plain, escaped = json.dumps(key, ensure_ascii=False), json.dumps(key)
    spellings = {plain[1:-1], escaped[1:-1], quote_plus(key), html.escape(key), key}
    # PHP writes a slash in JSON as \/.
    spellings |= {spelling.replace("/", "\\/") for spelling in spellings}
    return tuple(spellings - {""})


def asked(fields: Mapping[str, str], *, key: str) -> str:
    """Return what was asked, as a form without the key, wherever in it that stands."""
    sent = {
        name: redact(value, key=key)
        for name, value in fields.items()
        if name not in {"key", "action"}
    }
    return capped(redact(urlencode(sent, safe=",*"), key=key), most=ASKED_BYTES)


def capped(text: str, *, most: int = ARCHIVED_BYTES) -> str:
    """Return as much of `text` as fits into `most` bytes."""
    return text.encode()[:most].decode(errors="ignore")


def is_cut(text: str, *, most: int = ARCHIVED_BYTES) -> bool:
    """Return whether `text` may be only the beginning of what there was."""
    # A character that did not fit is left out whole: up to three bytes.
    return len(text.encode()) > most - 4
