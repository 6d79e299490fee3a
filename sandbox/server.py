"""The HTTP side: forms in, JSON out, and never a traceback on the line."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from sandbox import book, protocol
from sandbox.errors import RefusedError
from sandbox.faults import Faults, HangUp, Reply
from sandbox.vendor import Vendor

LARGEST_BODY = 1 << 20
# How much of a body that is too large is read before hanging up, so that its sender
# gets to read the refusal instead of a reset.
DRAINED = 16 << 20
IDLE_SECONDS = 60
FORM = "application/x-www-form-urlencoded"
ABOUT = """\
This is a provider to practise on. It speaks the provider protocol ("API v2") and
sells {services} services that nobody delivers: orders live their whole life in
{speed:g} seconds, and nothing costs anything.

POST a form with key and action to /api/v2
GET /_book shows everything it holds
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
        super().__init__(address, Handler)

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
        """Do one call of the protocol, whatever the path."""
        try:
            self._send(self._call())
        except RefusedError as refusal:
            self._send(protocol.refuse(refusal))
        except HangUp:
            self.close_connection = True

    def do_GET(self) -> None:
        """Say what this is, or show the book."""
        path = self.path.partition("?")[0]
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
            self._send(protocol.encode(book.whole(vendor)))
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
        server = self.server
        call = protocol.read(self._body())
        server.vendor.count(call.action if protocol.known(call.action) else "unknown")
        reply = server.faults.before(call)
        if reply is None:
            reply = protocol.answer(server.vendor, call)
            reply = server.faults.after(call, reply)
        return reply

    def _body(self) -> bytes:
        """Read the form; RefusedError when there is none or it is too large."""
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
        kind = self.headers.get("Content-Type", FORM).partition(";")[0].strip().lower()
        if kind != FORM:
            raise RefusedError("Incorrect request: not a form")
        return body

    def _drain(self, left: int) -> None:
        while left > 0:
            chunk = self.rfile.read(min(left, 1 << 16))
            if not chunk:
                return
            left -= len(chunk)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)


def make_server(
    host: str, port: int, vendor: Vendor, faults: Faults | None = None
) -> SandboxServer:
    """Return a server bound to `host` and `port` (0 for any free one), not yet serving.

    The caller runs `serve_forever()`, and `server_close()` in the end. Raises OSError
    when the address cannot be had.
    """
    return SandboxServer((host, port), vendor, faults or Faults())


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
