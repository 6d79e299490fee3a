"""The HTTP side: forms in, JSON out, and never a traceback on the line."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from queue import Empty, SimpleQueue
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs

from sandbox import book, protocol, sending
from sandbox.errors import RefusedError
from sandbox.faults import (
    Call,
    Faults,
    FaultSpecError,
    HangUp,
    Plan,
    Reply,
    parse,
    wishes,
)
from sandbox.vendor import NUMBER, Vendor

LARGEST_BODY = 1 << 20
# How much of a body that is too large is read before hanging up, so that its sender
# gets to read the refusal instead of a reset.
DRAINED = 16 << 20
IDLE_SECONDS = 60
# How long a thread without a connection waits for the next.
THREAD_SECONDS = 5
FORM = "application/x-www-form-urlencoded"
ABOUT = """\
This is a provider to practise on. It speaks the provider protocol ("API v2") and
sells {services} services that nobody delivers: orders live their whole life in
{speed:g} seconds, and nothing costs anything.

POST a form with key and action to /api/v2
GET /_book shows everything it holds, /_book?since=ORDER what came after an order
GET /_faults shows what goes wrong at present; POST a list of faults there to change it
"""


class SandboxServer(ThreadingMixIn, TCPServer):
    """A threaded server with one vendor and one plan of faults."""

    allow_reuse_address = True
    daemon_threads = True
    # Kept-alive connections idle in their threads; closing does not wait for them.
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], vendor: Vendor, faults: Faults
    ) -> None:
        """Bind to `address`; OSError when it cannot be had."""
        self.vendor = vendor
        self.faults = faults
        self._waiting: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a new connection to a thread that is idle, or else to a new one.

        Starting a thread costs as much as answering a call.
        """
        self._waiting.put((request, client_address))
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        """Serve one connection after the other, until none has come for a while."""
        while True:
            try:
                connection = self._waiting.get(timeout=THREAD_SECONDS)
            except Empty:
                if self._idle.acquire(blocking=False):
                    return
                # Somebody counts on this thread: a connection is on its way.
                continue
            self.process_request_thread(*connection)
            self._idle.release()

    @property
    def url(self) -> str:
        """Where the server is, without a path."""
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that go away; report anything else."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive between calls."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    timeout = IDLE_SECONDS
    # Head and body leave in one packet: two would wait 40 ms for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Do one call of the protocol, whatever the path; or change the faults."""
        try:
            if self.path == "/_faults":
                self._send(self._change_faults())
            else:
                self._send(self._call())
        except RefusedError as refusal:
            self._send(protocol.refuse(refusal))
        except HangUp:
            self.close_connection = True

    def do_GET(self) -> None:
        """Say what this is, or show the book, or the faults."""
        path, _, query = self.path.partition("?")
        if "Content-Length" in self.headers:
            # A body that nobody reads would be taken for the next request.
            self.close_connection = True
        vendor = self.server.vendor
        if path == "/":
            about = ABOUT.format(
                services=len(vendor.catalogue), speed=vendor.terms.speed
            )
            self._send(Reply(about.encode(), content_type="text/plain; charset=utf-8"))
        elif path == "/_book":
            since = parse_qs(query).get("since", ["0"])[0]
            number = int(since) if NUMBER.fullmatch(since) else 0
            self._send(protocol.encode(book.whole(vendor, number)))
        elif path == "/_faults":
            self._send(protocol.encode(self.server.faults.shown()))
        else:
            self._send(protocol.refuse("Incorrect request: POST a form"))

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Answer a request that is no HTTP, or of another method, and hang up."""
        self.close_connection = True
        self._send(protocol.refuse(message or "Incorrect request", code))

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: the book is the record."""

    def _call(self) -> Reply:
        vendor, faults = self.server.vendor, self.server.faults
        call = protocol.read(self._form())
        vendor.count(call.action if protocol.known(call.action) else "unknown")
        wishes.grant(call, vendor.terms.key, self.headers.get(wishes.HEADER))
        reply = self._kept(call, faults)
        if reply is not None:
            return reply
        reply = protocol.answer(vendor, call)
        try:
            reply = faults.after(call, reply)
        except HangUp:
            call.fault, call.hidden = call.fault or "hang_up", True
            raise
        finally:
            if call.fault and call.order is not None:
                vendor.note_fault(call.order, call.fault, hidden=call.hidden)
        return reply

    def _kept(self, call: Call, faults: Faults) -> Reply | None:
        """Return what the plan answers in the vendor's place; note an `add` it kept."""
        reason = "fault:hang_up"
        reply = None
        try:
            reply = faults.before(call)
            reason = f"fault:{call.fault or 'answer'}" if reply else ""
        except RefusedError as refusal:
            reason = str(refusal).partition(":")[0]
            raise
        finally:
            if reason and call.action == "add":
                self.server.vendor.note_refusal(reason)
        return reply

    def _change_faults(self) -> Reply:
        """Follow another plan from the next call on; the body is its specification."""
        text = self._body().decode("utf-8", errors="replace")
        present = self.server.faults
        try:
            made = parse(text)
            if isinstance(present, Plan):
                made = present.replaced(text)
        except FaultSpecError as error:
            return protocol.refuse(str(error), 400)
        self.server.faults = made
        return protocol.encode(made.shown())

    def _form(self) -> bytes:
        """Read a form; RefusedError when there is none."""
        body = self._body()
        kind = self.headers.get("Content-Type", FORM).partition(";")[0].strip().lower()
        if kind != FORM:
            raise RefusedError("Incorrect request: not a form")
        return body

    def _body(self) -> bytes:
        """Read the body; RefusedError when it is too large or has no length."""
        length = self.headers.get("Content-Length", "0").strip()
        chunked = "Transfer-Encoding" in self.headers
        if chunked or not re.fullmatch(r"[0-9]{1,15}", length):
            self.close_connection = True
            raise RefusedError("Incorrect request: a length is needed")
        if int(length) > LARGEST_BODY:
            self.close_connection = True
            self._drain(min(int(length), DRAINED))
            raise RefusedError("Incorrect request: too large")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # Half a form may be a whole one to the eye: it must not become an order.
            raise HangUp
        return body

    def _drain(self, left: int) -> None:
        while left > 0:
            chunk = self.rfile.read(min(left, 1 << 16))
            if not chunk:
                return
            left -= len(chunk)

    def _send(self, reply: Reply) -> None:
        sending.send(self, reply)


def make_server(
    host: str, port: int, vendor: Vendor, faults: Faults | None = None
) -> SandboxServer:
    """Return a server bound to `host` and `port` (0 for any free one), not yet serving.

    The caller runs `serve_forever()`, and `server_close()` in the end. Raises OSError
    when the address cannot be had.
    """
    return SandboxServer((host, port), vendor, faults or parse(""))


@contextmanager
def running(vendor: Vendor, faults: Faults | None = None) -> Iterator[str]:
    """Serve `vendor` from a thread on a free loopback port; yields the address."""
    server = make_server("127.0.0.1", 0, vendor, faults)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
