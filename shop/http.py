"""The shop's one HTTP client: forms are posted, and failures say what may have happened.

Every call has one deadline over look-up, connection, headers and body, and a connection
of its own: one that was left idle may be reset by the other side just when the request
is on its way, and then nobody knows whether it arrived.
"""

import enum
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.db import connection as database
from requests.adapters import HTTPAdapter

from shop.connections import Call, PlainPool, TlsPool

CONNECT_TIMEOUT = 3.0
DEADLINE = 25.0
MAX_BYTES = 4 * 1024 * 1024
_CHUNK = 64 * 1024


class Reached(enum.Enum):
    """Whether the request can have had an effect on the other side."""

    NEVER = "never"
    MAYBE = "maybe"


class HttpFailure(Exception):
    """A call that brought no reply.

    `reached` is what our own connection recorded: NEVER only where TCP, and TLS on an
    https address, were not established. `reason` is a word for machines: address, dns,
    refused, connect_timeout, tls, deadline, too_large, redirect, reset or protocol.
    `detail` is safe to show to staff; `elapsed` is in seconds.
    """

    def __init__(
        self, reached: Reached, reason: str, detail: str = "", elapsed: float = 0.0
    ) -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reached = reached
        self.reason = reason
        self.detail = detail
        self.elapsed = elapsed


@dataclass(frozen=True)
class HttpReply:
    """A whole reply; the names of `headers` are compared without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float


def post_form(
    url: str,
    fields: Mapping[str, str],
    *,
    user_agent: str,
    connect_timeout: float = CONNECT_TIMEOUT,
    deadline: float = DEADLINE,
    max_bytes: int = MAX_BYTES,
) -> HttpReply:
    """Post `fields` to `url` and return the reply, whatever its status but a redirect's.

    TLS is verified, nothing is retried, no proxy or password is taken from the
    environment, and a redirect is a failure: following it would hand the key in `fields`
    to another host. `connect_timeout` and `deadline` are in seconds, and `max_bytes`
    counts what the body unpacks to. Private addresses are refused unless
    ALLOW_PRIVATE_ADDRESSES, at the address that is connected to.

    Raises HttpFailure, and RuntimeError inside a database transaction.
    """
    if database.in_atomic_block:
        raise RuntimeError("No network call is made inside a transaction.")
    call = Call(connect_timeout, deadline)
    try:
        return _exchange(call, url, fields, user_agent, max_bytes)
    except HttpFailure as failure:
        failure.elapsed = call.elapsed()
        raise
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
    ) as error:
        raise _failure(call, error) from error


class _Adapter(HTTPAdapter):
    """Hands each request a pool with its own connection, and no other."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call
        self.pool: urllib3.HTTPConnectionPool | None = None

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_args: Any, **_options: Any
    ) -> urllib3.HTTPConnectionPool:
        parts = urlsplit(str(request.url))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise requests.exceptions.InvalidURL("neither http nor https")
        pool_class = TlsPool if parts.scheme == "https" else PlainPool
        self.pool = pool_class(parts.hostname, parts.port, call=self.call)
        return self.pool

    def close(self) -> None:
        super().close()
        if self.pool is not None:
            self.pool.close()


def _exchange(
    call: Call, url: str, fields: Mapping[str, str], user_agent: str, max_bytes: int
) -> HttpReply:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": user_agent,
    }
    request = requests.Request("POST", url, data=dict(fields), headers=headers)
    with closing(_Adapter(call)) as adapter:
        response = adapter.send(
            request.prepare(), stream=True, timeout=call.remaining()
        )
        with closing(response):
            _refuse_redirect(response)
            body = _read_body(response, max_bytes)
            status, given = response.status_code, response.headers
            return HttpReply(status, given, body, call.elapsed())


def _refuse_redirect(response: requests.Response) -> None:
    if not 300 <= response.status_code < 400:
        return
    target = urlsplit(response.headers.get("Location", ""))
    host = target.hostname or urlsplit(str(response.url)).hostname or ""
    raise HttpFailure(Reached.MAYBE, "redirect", host)


def _read_body(response: requests.Response, max_bytes: int) -> bytes:
    body = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            raise HttpFailure(Reached.MAYBE, "too_large", f"over {max_bytes} bytes")
    return bytes(body)


def _failure(call: Call, error: Exception) -> HttpFailure:
    """Name a failure. Whether the other side was reached is what was recorded."""
    kind = type(error).__name__
    if not call.established:
        detail = call.detail or kind
        return HttpFailure(Reached.NEVER, call.obstacle, detail, call.elapsed())
    reason = "deadline" if call.elapsed() >= call.deadline else _reason(error)
    return HttpFailure(Reached.MAYBE, reason, kind, call.elapsed())


def _reason(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return "tls"
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.ProtocolError):
        return "reset"
    return "protocol"
