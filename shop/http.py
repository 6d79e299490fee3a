"""The shop's one HTTP client: forms are posted, documents are got, and requests of other
shapes are sent. Failures say what may have happened.

Every call has one deadline over look-up, connection, headers and body, and a connection
of its own: one that was left idle may be reset by the other side just when the request
is on its way, and then nobody knows whether it arrived.
"""

import enum
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from django.db import connection as database

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
    prepare = partial(_prepare, url, user_agent, posts=True)
    form = urlencode(fields).encode()
    return _call(prepare, form, Call(connect_timeout, deadline), max_bytes)


def get(
    url: str,
    *,
    user_agent: str,
    connect_timeout: float = CONNECT_TIMEOUT,
    deadline: float = DEADLINE,
    max_bytes: int = MAX_BYTES,
) -> HttpReply:
    """Get the document at `url`, under the limits and the guard of `post_form`.

    Raises HttpFailure, and RuntimeError inside a database transaction.
    """
    prepare = partial(_prepare, url, user_agent, posts=False)
    return _call(prepare, None, Call(connect_timeout, deadline), max_bytes)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    user_agent: str,
    connect_timeout: float = CONNECT_TIMEOUT,
    deadline: float = DEADLINE,
    max_bytes: int = MAX_BYTES,
) -> HttpReply:
    """Send `body` by `method`, under the limits and the guard of `post_form`.

    For interfaces that want a password, an idempotency key or another type of body:
    `headers` say so, and go before what this client says of itself.

    Raises HttpFailure, and RuntimeError inside a database transaction.
    """
    request = requests.Request(method, url, headers={**_own(user_agent), **headers})
    return _call(request.prepare, body, Call(connect_timeout, deadline), max_bytes)


def _call(
    prepare: Callable[[], requests.PreparedRequest],
    body: bytes | None,
    call: Call,
    max_bytes: int,
) -> HttpReply:
    if database.in_atomic_block:
        raise RuntimeError("No network call is made inside a transaction.")
    try:
        return _exchange(call, prepare(), body, max_bytes)
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


def _exchange(
    call: Call, request: requests.PreparedRequest, body: bytes | None, max_bytes: int
) -> HttpReply:
    length = {"Content-Length": str(len(body))} if body is not None else {}
    with closing(_pool(call, str(request.url))) as pool:
        response = pool.urlopen(
            str(request.method),
            "/" + request.path_url.lstrip("/"),
            body=body,
            headers={**request.headers, **length},
            retries=False,
            redirect=False,
            timeout=call.remaining(),
            preload_content=False,
        )
        with closing(response):
            _refuse_redirect(response, pool.host)
            reply = _read_body(response, max_bytes)
            return HttpReply(response.status, response.headers, reply, call.elapsed())


@lru_cache(maxsize=256)
def _prepare(url: str, user_agent: str, *, posts: bool) -> requests.PreparedRequest:
    """Return a request but for its form: all calls of a provider have it in common."""
    headers = _own(user_agent)
    if posts:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return requests.Request("POST" if posts else "GET", url, headers=headers).prepare()


def _own(user_agent: str) -> dict[str, str]:
    """Return what this client says of itself in every request."""
    return {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": user_agent,
    }


def _pool(call: Call, url: str) -> urllib3.HTTPConnectionPool:
    """Return a pool with a connection for this call, and no other."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise requests.exceptions.InvalidURL("neither http nor https")
    if parts.scheme == "http":
        return PlainPool(parts.hostname, parts.port, call=call)
    trusted = requests.adapters.DEFAULT_CA_BUNDLE_PATH
    return TlsPool(parts.hostname, parts.port, call=call, ca_certs=trusted)


def _refuse_redirect(response: urllib3.BaseHTTPResponse, host: str) -> None:
    if not 300 <= response.status < 400:
        return
    target = urlsplit(response.headers.get("Location", ""))
    raise HttpFailure(Reached.MAYBE, "redirect", target.hostname or host)


def _read_body(response: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    body = bytearray()
    while chunk := response.read(_CHUNK, decode_content=True):
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
    if isinstance(error, urllib3.exceptions.SSLError):
        return "tls"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "reset"
    return "protocol"
