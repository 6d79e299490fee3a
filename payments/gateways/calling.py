"""Calls to gateways that speak JSON, and what it means when one comes to nothing."""

import base64
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from payments.gateways.protocol import GatewayError, UnreadableError
from shop.http import HttpFailure, HttpReply, Reached, send

USER_AGENT = "Magpie"
_JSON = {"Content-Type": "application/json"}
# What a gateway says in an error is shown to staff; keys have no business there.
_SECRET = re.compile(
    r"\b(?:sk|rk|whsec|test_sk|live_sk|test_gsk|live_gsk)_[A-Za-z0-9_*]+"
)


class RefusedError(GatewayError):
    """An answer with another status than 2xx, and the JSON that came with it."""

    def __init__(self, status: int, content: Any) -> None:
        said = conceal(f"{status} {describe(content)}".strip())
        super().__init__(said, unknown=is_unknown(status))
        self.status = status
        self.content = content


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Any = None,
) -> Any:
    """Call `url` with `body` as JSON, or bytes of it, and return the answer's JSON.

    Numbers with a point become Decimals. Raises GatewayError, `unknown` where the request
    may have had an effect all the same, and RefusedError for every answer but 2xx.
    """
    ready = body is None or isinstance(body, bytes)
    data = body if ready else json.dumps(body).encode()
    given = {**headers, **(_JSON if data is not None else {})}
    reply = exchange(method, url, headers=given, body=data)
    content = parse(reply.body)
    if not 200 <= reply.status < 300:
        raise RefusedError(reply.status, content)
    if content is None:
        raise GatewayError(f"{reply.status} without JSON", unknown=True)
    return content


def exchange(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> HttpReply:
    """Send a request and return the reply, whatever its status. Raises GatewayError."""
    try:
        return send(
            method,
            url,
            headers=headers,
            body=body,
            user_agent=USER_AGENT,
            connect_timeout=settings.HTTP_CONNECT_TIMEOUT,
            deadline=settings.HTTP_DEADLINE,
        )
    except HttpFailure as failure:
        reached = failure.reached is not Reached.NEVER
        raise GatewayError(conceal(str(failure)), unknown=reached) from failure


def is_unknown(status: int) -> bool:
    """Return whether an answer with this status leaves open what has happened.

    A refusal of the request (4xx) is an answer; 409 says that another request with this
    idempotency key is under way, and 408 that ours was given up.
    """
    return status in {408, 409} or not 400 <= status < 500


def parse(body: bytes) -> Any:
    """Return what `body` says as JSON, or None where it is none."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def read_event(body: bytes) -> Mapping[str, Any]:
    """Return a notification's JSON object. Raises UnreadableError."""
    content = parse(body)
    if not isinstance(content, dict):
        raise UnreadableError("no JSON object")
    return content


def describe(content: Any) -> str:
    """Return what an error's JSON says for people, under whichever name it says it."""
    if isinstance(content, list) and content:
        return describe(content[0])
    if not isinstance(content, dict):
        return ""
    names = ("code", "name", "error", "message", "error_description")
    words = [str(content[name]) for name in names if content.get(name)]
    details = content.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        words.append(str(details[0].get("issue", "")))
    return " ".join(words)[:500]


def tell_that_it_answers(label: str, *, real: bool) -> str:
    """Return what the button "test" says where a gateway works."""
    if real:
        return _("%(gateway)s answers: payments are real.") % {"gateway": label}
    return _("%(gateway)s answers: in test mode, no payment is real.") % {
        "gateway": label
    }


def conceal(text: str) -> str:
    """Return `text` without anything that looks like a secret key."""
    return _SECRET.sub("(key)", text)


def basic(user: str, password: str = "") -> dict[str, str]:
    """Return the header of basic authentication."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header of a notification, "" without it; names have no case."""
    wanted = name.lower()
    return next((text for key, text in headers.items() if key.lower() == wanted), "")
