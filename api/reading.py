"""Reading a request: a form, JSON or a query string becomes one call.

Everything that could mean two things is refused here, before anything is looked up.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from api.errors import RefusedError, Wording

MOST_PARAMETERS = 200
LONGEST_IDEMPOTENCY_KEY = 100
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"
# Where JSON may hold a list instead of a text with commas.
_LISTS = frozenset({"order", "orders", "refill", "refills"})

Pair = tuple[str, object]


@dataclass(frozen=True)
class Call:
    """One call of the protocol. `fields` are all its parameters but those named here."""

    action: str
    key: str = field(repr=False)
    idempotency_key: str | None
    fields: dict[str, str]


def read_call(request: HttpRequest) -> Call:
    """Return the call that a request makes; RefusedError where it is none.

    Parameters may come in the query string, in the body, or in both as long as they
    agree. The idempotency key may also be a header.
    """
    if request.method not in {"GET", "POST"}:
        raise RefusedError(Wording.METHOD)
    pairs: list[Pair] = [*_query(request)]
    if request.method == "POST":
        pairs += _body(request)
    if header := request.headers.get("Idempotency-Key"):
        pairs.append(("idempotency_key", header))
    fields = _agreed(pairs)
    return Call(
        action=fields.pop("action", "").strip().lower(),
        key=fields.pop("key", "").strip(),
        idempotency_key=_idempotency_key(fields.pop("idempotency_key", "").strip()),
        fields=fields,
    )


def _idempotency_key(text: str) -> str | None:
    if len(text) > LONGEST_IDEMPOTENCY_KEY:
        raise RefusedError(Wording.IDEMPOTENCY_KEY)
    return text or None


def _query(request: HttpRequest) -> Iterable[Pair]:
    # WSGI hands bytes over as Latin-1.
    raw = request.META.get("QUERY_STRING", "").encode("latin-1", errors="replace")
    return _form(_decoded(raw))


def _body(request: HttpRequest) -> Iterable[Pair]:
    text = _decoded(_raw_body(request)).strip()
    kind = request.content_type or FORM
    # A form cannot begin with a brace: some clients forget to say that they send JSON.
    if kind == JSON or (kind == FORM and text.startswith("{")):
        return _json(text) if text else ()
    if kind == FORM:
        return _form(text)
    if kind == MULTIPART:
        return _multipart(request)
    raise RefusedError(Wording.CONTENT_TYPE)


def _raw_body(request: HttpRequest) -> bytes:
    """Return the whole body: half a form may look whole, and must not become an order."""
    # WSGI has no way to say how long such a body is, and Django reads none of it.
    if "Transfer-Encoding" in request.headers:
        raise RefusedError(Wording.LENGTH)
    try:
        announced = int(request.headers.get("content-length") or 0)
        body = request.body
    except RequestDataTooBig:
        raise RefusedError(Wording.TOO_LARGE) from None
    except (UnreadablePostError, ValueError):
        raise RefusedError(Wording.INCOMPLETE) from None
    if len(body) < announced:
        raise RefusedError(Wording.INCOMPLETE)
    return body


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError(Wording.CHARACTERS) from None


def _form(text: str) -> Iterable[Pair]:
    try:
        return parse_qsl(
            text,
            keep_blank_values=True,
            max_num_fields=MOST_PARAMETERS,
            errors="strict",
        )
    except UnicodeDecodeError:
        raise RefusedError(Wording.CHARACTERS) from None
    except ValueError:
        raise RefusedError(Wording.FORM) from None


def _multipart(request: HttpRequest) -> Iterable[Pair]:
    try:
        lists = list(request.POST.lists())
    except (MultiPartParserError, SuspiciousOperation):
        raise RefusedError(Wording.FORM) from None
    return [(name, value) for name, values in lists for value in values]


def _json(text: str) -> Iterable[Pair]:
    """Return the members of a JSON object, numbers as they were written."""
    try:
        value = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise RefusedError(Wording.JSON) from None
    if not isinstance(value, dict):
        raise RefusedError(Wording.OBJECT)
    return value.items()


def _object(pairs: list[Pair]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise RefusedError(Wording.TWICE)
    return members


def _refuse_constant(_name: str) -> None:
    """Refuse NaN and Infinity, which Python reads though JSON has none."""
    raise RefusedError(Wording.JSON)


def _agreed(pairs: Iterable[Pair]) -> dict[str, str]:
    """Return one text for each name; null counts as absent."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        if value is not None:
            text = _text(name, value)
            if fields.setdefault(name, text) != text:
                raise RefusedError(Wording.TWICE)
    return fields


def _text(name: str, value: object) -> str:
    if isinstance(value, list) and name in _LISTS:
        value = ",".join(_text("", item) for item in value)
    if not isinstance(value, str):
        raise RefusedError(Wording.VALUE)
    # What PostgreSQL cannot hold: NUL, and halves of characters that JSON can escape.
    if "\x00" in value or any("\ud800" <= mark <= "\udfff" for mark in value):
        raise RefusedError(Wording.CHARACTERS)
    return value
