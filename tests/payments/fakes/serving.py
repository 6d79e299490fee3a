"""What all fakes of gateways share: a server on loopback, faults, and deliveries."""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request as Post
from urllib.request import urlopen

# With an icon of its own, so that no browser asks the interface for one.
PAGE = (
    '<!doctype html><html lang="en"><title>Pay</title><link rel="icon" href="data:,">'
    '<form method="post"><button>Pay</button></form></html>'
)


@dataclass(frozen=True)
class Request:
    """A request as it came; the names of `headers` are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer of JSON, of a page, or a redirect."""

    status: int
    content: Any = None
    location: str = ""


@dataclass(frozen=True)
class Delivery:
    """A notification as it goes over the wire."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class Payment:
    """A payment as a gateway keeps it. `paid` and `refunded` are in the currency's units.

    `asked` is what the shop's request said, in the gateway's own words.
    """

    id: str
    reference: str
    asked: Mapping[str, Any]
    state: str = "open"
    facts: dict[str, Any] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """A server at which many may knock at once."""

    request_queue_size = 64


class Fake:
    """A gateway over HTTP.

    `faults` hold what goes wrong with the next calls, one each: "500" fails before
    anything happens, "lost" does what was asked and then fails, "hang" does it and does
    not answer for `patience` seconds.
    """

    name: ClassVar[str]
    # The settings of a shop that uses it, which of them are keys, and that of its address.
    settings: ClassVar[Mapping[str, Any]]
    keys: ClassVar[Sequence[str]]
    address: ClassVar[str]
    # What is paid in the tests of all gateways.
    amount: ClassVar[str] = "12.50"
    currency: ClassVar[str] = "USD"
    # Calls that a start needs before the one that makes the payment, and it.
    calls_of_a_start: ClassVar[int] = 1
    # Whether its notifications are signed at all.
    signs: ClassVar[bool] = True

    def __init__(self) -> None:
        self.url = ""
        self.webhook_url = ""
        self.patience = 1.0
        self.faults: deque[str] = deque()
        self.calls: list[Request] = []
        self.payments: dict[str, Payment] = {}
        self.answers: dict[str, Answer] = {}
        self.lock = RLock()
        self.number = 0

    @classmethod
    @contextmanager
    def serving(cls, port: int = 0) -> Iterator[Self]:
        """Serve a fake from threads on a loopback port, by itself a free one."""
        fake = cls()
        server = Server(("127.0.0.1", port), _handler(fake))
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def handle(self, request: Request) -> Answer:
        """Answer one call of the interface. Each fake has its own."""
        raise NotImplementedError

    def settle(
        self,
        remote_id: str,
        *,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> list[Delivery]:
        """Have the customer pay, and return the notifications of it."""
        raise NotImplementedError

    def lapse(self, remote_id: str) -> list[Delivery]:
        """Have the customer never pay."""
        raise NotImplementedError

    def take(self, remote_id: str, amount: Decimal) -> None:
        """Refund `amount` in the gateway's own dashboard."""
        raise NotImplementedError

    def tell_refund(self, remote_id: str) -> list[Delivery]:
        """Return the notifications of what was refunded so far."""
        raise NotImplementedError

    def refunded(self, remote_id: str) -> Decimal:
        """Return what was refunded in all."""
        raise NotImplementedError

    def sign(self, body: bytes) -> Delivery:
        """Sign any body as the gateway does."""
        raise NotImplementedError

    def sign_as_stranger(self, body: bytes) -> Delivery:
        """Sign it as another account of the gateway's would."""
        raise NotImplementedError

    def gossip(self) -> Delivery:
        """Return a notification that is about nothing of ours."""
        raise NotImplementedError

    def once(self, key: str, answer: Answer) -> Answer:
        """Return the first answer that was given for an idempotency key."""
        return self.answers.setdefault(key, answer) if key else answer

    def count(self) -> int:
        """Return the next number, for identifiers."""
        self.number += 1
        return self.number

    def answer(self, request: Request) -> Answer:
        """Answer with what is to go wrong."""
        if request.path.startswith("/pay/"):
            return self._page(request)
        with self.lock:
            self.calls.append(request)
            fault = self.faults.popleft() if self.faults else ""
            answer = Answer(500, {}) if fault == "500" else self.handle(request)
        if fault == "hang":
            time.sleep(self.patience)
        return Answer(500, {}) if fault == "lost" else answer

    def deliver(self, *deliveries: Delivery) -> list[int]:
        """Post notifications to the shop, and return its answers' statuses."""
        statuses = []
        for delivery in deliveries:
            post = Post(self.webhook_url, delivery.body, dict(delivery.headers))
            with urlopen(post, timeout=10) as reply:
                statuses.append(reply.status)
        return statuses

    def visit(self, payment: Payment) -> tuple[list[Delivery], str]:
        """Have the customer pay on the hosted page.

        Return the notifications of it, and where the customer is sent.
        """
        raise NotImplementedError

    def _page(self, request: Request) -> Answer:
        """Serve the hosted page: a button that pays, notifies and leads back."""
        remote_id = request.path.removeprefix("/pay/")
        if request.method == "GET":
            return Answer(200, PAGE)
        with self.lock:
            deliveries, location = self.visit(self.payments[remote_id])
        # Outside the lock, as the shop may ask about the payment before it answers.
        if self.webhook_url:
            self.deliver(*deliveries)
        return Answer(303, location=location)


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            query = {key: texts[0] for key, texts in parse_qs(parts.query).items()}
            headers = {name.lower(): text for name, text in self.headers.items()}
            body = self.rfile.read(length)
            self.reply(
                fake.answer(Request(self.command, parts.path, query, headers, body))
            )

        do_POST = do_GET

        def reply(self, answer: Answer) -> None:
            page = isinstance(answer.content, str)
            content = answer.content if page else json.dumps(answer.content)
            body = content.encode()
            self.send_response(answer.status)
            self.send_header(
                "Content-Type", "text/html" if page else "application/json"
            )
            self.send_header("Content-Length", str(len(body)))
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            with suppress(OSError):  # Who asked may have hung up.
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
