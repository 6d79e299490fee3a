"""What the sandbox's tests share: a clock to move, a small shop, and a caller."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox import protocol
from sandbox.vendor import Vendor

KEY = "practice"
LINK = "https://example.com/film"
ROWS = [
    {
        "service": 7,
        "name": "Subtitles",
        "type": "Default",
        "category": "Film",
        "rate": "1.50",
        "min": "50",
        "max": "10000",
        "refill": True,
        "cancel": True,
        "dripfeed": True,
    },
    {
        "service": 8,
        "name": "Dubbing",
        "type": "Default",
        "category": "Film",
        "rate": "2",
        "min": "1",
        "max": "500",
        "refill": False,
        "cancel": False,
        "dripfeed": False,
    },
    {
        "service": 9,
        "name": "Captions",
        "type": "Subscriptions",
        "category": "Film",
        "rate": "100",
        "min": "5",
        "max": "100",
        "cancel": True,
    },
]


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Client:
    """Calls a vendor as HTTP would, but without a line in between."""

    vendor: Vendor

    def __call__(self, action: str, **fields: object) -> Any:
        form = urlencode({"key": KEY, "action": action} | fields)
        call = protocol.read(form.encode())
        return json.loads(protocol.answer(self.vendor, call).body)

    def add(self, **fields: object) -> Any:
        """Place an order of 100 subtitles, but for what `fields` change."""
        return self("add", **{"service": 7, "link": LINK, "quantity": 100} | fields)

    def order(self, **fields: object) -> int:
        """Place an order as `add` does and return its number."""
        number: int = self.add(**fields)["order"]
        return number


@dataclass(frozen=True)
class Answer:
    """What came back over a real line."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    url: str,
    *,
    method: str = "POST",
    path: str = "/api/v2",
    body: bytes | str = b"",
    content_type: str = "application/x-www-form-urlencoded",
    fault: str = "",
    patience: float = 5,
) -> Answer:
    """Send one request over a connection of its own."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=patience)
    try:
        headers = {"Content-Type": content_type}
        if fault:
            headers["X-Sandbox-Fault"] = fault
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def form(**fields: object) -> str:
    """Return a form with the right key."""
    return urlencode({"key": KEY} | fields)


@dataclass(frozen=True)
class Received:
    """All that came over a line before it was closed, as it came."""

    pieces: list[bytes]
    was_reset: bool

    @property
    def whole(self) -> bytes:
        return b"".join(self.pieces)


def receive(url: str, body: str, *, most: int = 1 << 20) -> Received:
    """POST the form `body` and keep what comes, until the end or `most` bytes."""
    parts = urlsplit(url)
    head = (
        f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    pieces: list[bytes] = []
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall((head + body).encode())
        try:
            while sum(map(len, pieces)) < most and (piece := line.recv(65536)):
                pieces.append(piece)
        except ConnectionResetError:
            return Received(pieces, was_reset=True)
    return Received(pieces, was_reset=False)
