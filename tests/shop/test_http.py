"""The HTTP client against real sockets: above all, whether a request may have arrived."""

import gzip
import ipaddress
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from pytest_django import Settings
from urllib3.exceptions import ProtocolError

from shop.connections import Call, PlainPool, is_public
from shop.http import HttpFailure, HttpReply, Reached, get, post_form, send

Handler = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: test\r\n\r\nok"


class Server:
    """A hand-made server: each connection is given to `handler` in a thread."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._handle, args=(client,))
                self.threads.append(thread)
                thread.start()

    def _handle(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self.handler(client)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], Server]]:
    servers: list[Server] = []

    def start(handler: Handler) -> Server:
        servers.append(Server(handler))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def _private_addresses(settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and its self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))


def over_tls(certificate: Path, handler: Handler) -> Handler:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def handle(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as tls:
            handler(tls)

    return handle


def read_request(client: socket.socket) -> bytes:
    """Return a whole request: head, and as much body as it announces."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = client.recv(65536)
        if not part:
            raise ConnectionError
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(reply: bytes) -> Handler:
    def handle(client: socket.socket) -> None:
        read_request(client)
        client.sendall(reply)

    return handle


def post(url: str | Server, **options: Any) -> HttpReply:
    if isinstance(url, Server):
        url = f"http://127.0.0.1:{url.port}/api/v2"
    given = {"user_agent": "Magpie", "connect_timeout": 1.0, "deadline": 2.0, **options}
    return post_form(url, {"key": "secret", "action": "add"}, **given)


def fail(url: str | Server, **options: Any) -> HttpFailure:
    with pytest.raises(HttpFailure) as caught:
        post(url, **options)
    assert "secret" not in str(caught.value) + caught.value.detail
    assert caught.value.elapsed >= 0
    return caught.value


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_document_is_got_without_a_form(serve: Callable[[Handler], Server]) -> None:
    requests: list[bytes] = []

    def handle(client: socket.socket) -> None:
        requests.append(client.recv(65536))
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    server = serve(handle)
    reply = get(f"http://127.0.0.1:{server.port}/rates?a=b", user_agent="Magpie")

    assert (reply.status, reply.body) == (200, b"hi")
    head = requests[0].decode()
    assert head.startswith("GET /rates?a=b HTTP/1.1\r\n")
    assert head.endswith("\r\n\r\n")
    assert "content-" not in head.lower()


def test_a_document_has_a_deadline_too(serve: Callable[[Handler], Server]) -> None:
    server = serve(lambda client: time.sleep(0.6))

    with pytest.raises(HttpFailure) as caught:
        get(
            f"http://127.0.0.1:{server.port}/",
            user_agent="Magpie",
            deadline=0.3,
        )

    assert (caught.value.reached, caught.value.reason) == (Reached.MAYBE, "deadline")


# --- Requests of other shapes ----------------------------------------------------


def test_a_request_has_the_headers_and_the_body_that_it_is_given(
    serve: Callable[[Handler], Server],
) -> None:
    requests: list[bytes] = []

    def handle(client: socket.socket) -> None:
        requests.append(read_request(client))
        client.sendall(OK)

    reply = send(
        "PATCH",
        f"http://127.0.0.1:{serve(handle).port}/v1/payments?a=b",
        headers={"Authorization": "Basic c2VjcmV0Og==", "Accept": "text/csv"},
        body=b'{"amount": 1}',
        user_agent="Magpie",
    )

    assert (reply.status, reply.body) == (200, b"ok")
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"PATCH /v1/payments?a=b HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Basic c2VjcmV0Og==\r\n" in head
    assert b"\r\nAccept: text/csv\r\n" in head
    assert b"\r\nUser-Agent: Magpie\r\n" in head
    assert head.endswith(b"\r\nContent-Length: 13")
    assert body == b'{"amount": 1}'


def test_a_request_is_refused_where_others_are(
    serve: Callable[[Handler], Server], settings: Settings
) -> None:
    server = serve(answering(OK))
    settings.ALLOW_PRIVATE_ADDRESSES = False

    with pytest.raises(HttpFailure) as caught:
        send(
            "POST",
            f"http://127.0.0.1:{server.port}/",
            headers={"Authorization": "Bearer secret"},
            body=b"",
            user_agent="Magpie",
        )
    assert (caught.value.reached, caught.value.reason) == (Reached.NEVER, "address")
    assert "secret" not in str(caught.value)
    assert server.connections == 0


def test_a_request_of_no_shape_reached_nobody() -> None:
    for url, headers in [("nowhere", {}), ("http://127.0.0.1:1/", {"A": "b\nc"})]:
        with pytest.raises(HttpFailure) as caught:
            send("POST", url, headers=headers, body=b"", user_agent="Magpie")
        assert caught.value.reached is Reached.NEVER


# --- Replies ---------------------------------------------------------------------


def test_a_form_is_posted_and_the_reply_returned(
    serve: Callable[[Handler], Server],
) -> None:
    requests: list[bytes] = []

    def handle(client: socket.socket) -> None:
        requests.append(read_request(client))
        client.sendall(OK)

    reply = post(serve(handle), user_agent="Magpie/1 (shop)")
    assert (reply.status, reply.body) == (200, b"ok")
    assert reply.headers["x-kind"] == reply.headers["X-Kind"] == "test"
    assert reply.elapsed > 0
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v2 HTTP/1.1\r\n")
    assert b"User-Agent: Magpie/1 (shop)" in head
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert body == b"key=secret&action=add"


@pytest.mark.parametrize("status", [201, 400, 403, 429, 500, 503])
def test_a_reply_of_any_status_is_a_reply(
    serve: Callable[[Handler], Server], status: int
) -> None:
    text = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % status
    reply = post(serve(answering(text)))
    assert (reply.status, reply.body) == (status, b"{}")


def test_an_empty_body_is_a_reply(serve: Callable[[Handler], Server]) -> None:
    server = serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    assert post(server).body == b""


def test_a_packed_body_is_unpacked(serve: Callable[[Handler], Server]) -> None:
    body = gzip.compress(b"[1, 2]")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    assert post(serve(answering(head % len(body) + body))).body == b"[1, 2]"


def test_every_call_has_a_connection_of_its_own(
    serve: Callable[[Handler], Server],
) -> None:
    def keep_alive(client: socket.socket) -> None:
        while True:
            read_request(client)
            client.sendall(OK)

    server = serve(keep_alive)
    for _call in range(3):
        post(server)
    assert server.connections == 3


def test_proxies_of_the_environment_are_ignored(
    serve: Callable[[Handler], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port()}")
    assert post(serve(answering(OK))).status == 200


@pytest.mark.usefixtures("_trusted")
def test_tls_is_spoken_with_a_trusted_server(
    serve: Callable[[Handler], Server], certificate: Path
) -> None:
    server = serve(over_tls(certificate, answering(OK)))
    assert post(f"https://127.0.0.1:{server.port}/").body == b"ok"


def test_many_threads_call_at_once(serve: Callable[[Handler], Server]) -> None:
    server = serve(answering(OK))
    replies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: replies.append(post(server).body))
        for _thread in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [b"ok"] * 16


# --- Never reached ---------------------------------------------------------------


def test_a_refused_connection_reached_nobody() -> None:
    failure = fail(f"http://127.0.0.1:{unused_port()}/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "refused")


def test_an_unknown_name_reached_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_args: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    failure = fail("http://provider.invalid/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "dns")
    assert "not known" in failure.detail


def test_a_silent_name_server_reached_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args: time.sleep(0.5))
    failure = fail("http://provider.invalid/", connect_timeout=0.1)
    assert (failure.reached, failure.reason) == (Reached.NEVER, "dns")


def test_a_name_without_addresses_reached_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args: [])
    failure = fail("http://provider.invalid/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "address")


def test_a_connection_that_is_not_answered_reached_nobody() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # The queue of one is full from here on, so the next one gets no answer at all.
        waiting = [socket.socket() for _socket in range(3)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        failure = fail(f"http://127.0.0.1:{port}/", connect_timeout=0.2)
        for each in waiting:
            each.close()
    assert (failure.reached, failure.reason) == (Reached.NEVER, "connect_timeout")


def test_a_deadline_before_the_connection_reached_nobody() -> None:
    failure = fail(f"http://127.0.0.1:{unused_port()}/", deadline=0.0)
    assert failure.reached is Reached.NEVER


def test_an_untrusted_certificate_reached_nobody(
    serve: Callable[[Handler], Server], certificate: Path
) -> None:
    server = serve(over_tls(certificate, answering(OK)))
    failure = fail(f"https://127.0.0.1:{server.port}/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "tls")
    assert "certificate verify failed" in failure.detail


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_for_another_name_reached_nobody(
    serve: Callable[[Handler], Server], certificate: Path
) -> None:
    server = serve(over_tls(certificate, answering(OK)))
    failure = fail(f"https://localhost:{server.port}/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "tls")


def test_a_server_that_speaks_no_tls_reached_nobody(
    serve: Callable[[Handler], Server],
) -> None:
    server = serve(lambda client: client.sendall(b"HTTP/1.1 400 No\r\n\r\n"))
    failure = fail(f"https://127.0.0.1:{server.port}/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "tls")


def test_a_handshake_that_is_not_answered_reached_nobody(
    serve: Callable[[Handler], Server],
) -> None:
    server = serve(lambda client: time.sleep(0.5))
    failure = fail(f"https://127.0.0.1:{server.port}/", connect_timeout=0.2)
    assert (failure.reached, failure.reason) == (Reached.NEVER, "tls")


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "127.0.0.1/api", "http://", "", "http://[::1", "http://a:b/"],
)
def test_what_is_no_address_reached_nobody(url: str) -> None:
    failure = fail(url)
    assert (failure.reached, failure.reason) == (Reached.NEVER, "protocol")


def test_a_malformed_user_agent_reached_nobody(
    serve: Callable[[Handler], Server],
) -> None:
    server = serve(answering(OK))
    assert fail(server, user_agent="a\r\nX: b").reached is Reached.NEVER
    assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001"])
def test_a_private_address_is_refused_unless_allowed(
    serve: Callable[[Handler], Server], settings: Settings, host: str
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    server = serve(answering(OK))
    failure = fail(f"http://{host}:{server.port}/")
    assert (failure.reached, failure.reason) == (Reached.NEVER, "address")
    assert host in failure.detail
    assert server.connections == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("::ffff:1.1.1.1", True),
        ("64:ff9b::101:101", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(
    address: str, *, public: bool
) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


# --- Maybe reached ---------------------------------------------------------------


def reset(client: socket.socket) -> None:
    read_request(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(client: socket.socket, what: bytes) -> None:
    read_request(client)
    client.sendall(what)
    while True:
        time.sleep(0.05)
        client.sendall(b"x")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        pytest.param(reset, "reset", id="reset after the request"),
        pytest.param(read_request, "reset", id="empty reply"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"),
            "reset",
            id="cut",
        ),
        pytest.param(answering(b"gibberish\r\n\r\n"), "reset", id="no HTTP"),
        pytest.param(
            answering(
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                b"Content-Length: 4\r\n\r\noops"
            ),
            "protocol",
            id="badly packed",
        ),
        pytest.param(lambda client: drip(client, b""), "deadline", id="drip of a head"),
        pytest.param(
            lambda client: drip(client, b"HTTP/1.1 200 OK\r\nX-Drip: "),
            "deadline",
            id="drip of a header",
        ),
        pytest.param(
            lambda client: drip(client, b"HTTP/1.1 200 OK\r\n\r\n"),
            "deadline",
            id="drip of a body",
        ),
        pytest.param(lambda client: time.sleep(1.5), "deadline", id="silence"),
    ],
)
def test_after_the_connection_stood_anything_may_have_happened(
    serve: Callable[[Handler], Server], handler: Handler, reason: str
) -> None:
    failure = fail(serve(handler), deadline=1.0)
    assert (failure.reached, failure.reason) == (Reached.MAYBE, reason)


def ignore(client: socket.socket) -> None:
    """Leave a request unread for longer than the caller waits."""
    time.sleep(3)


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_long_request_that_is_not_read_ends_at_the_deadline(
    serve: Callable[[Handler], Server], certificate: Path, scheme: str
) -> None:
    server = serve(over_tls(certificate, ignore) if scheme == "https" else ignore)
    with pytest.raises(HttpFailure) as caught:
        post_form(
            f"{scheme}://127.0.0.1:{server.port}/",
            {"comments": "x" * 12_000_000},
            user_agent="Magpie",
            connect_timeout=1,
            deadline=2,
        )
    failure = caught.value
    assert (failure.reached, failure.reason) == (Reached.MAYBE, "deadline")


def test_a_call_that_stood_is_not_connected_again(
    serve: Callable[[Handler], Server],
) -> None:
    server = serve(answering(OK))
    call = Call(1.0, 1.0, established=True)
    pool = PlainPool("127.0.0.1", server.port, call=call)
    with pytest.raises(ProtocolError, match="one connection"):
        pool.urlopen("POST", "/", retries=False)
    pool.close()
    assert server.connections == 0


def alert(client: socket.socket) -> None:
    """Send a TLS alert in clear, past the session's encryption, after the request."""
    read_request(client)
    with socket.socket(fileno=os.dup(client.fileno())) as plain:
        plain.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        pytest.param(alert, "tls", id="alert after the body"),
        pytest.param(
            lambda client: drip(client, b"HTTP/1.1 200 OK\r\n\r\n"),
            "deadline",
            id="drip",
        ),
    ],
)
def test_a_tls_error_after_the_handshake_may_have_been_reached(
    serve: Callable[[Handler], Server],
    certificate: Path,
    handler: Handler,
    reason: str,
) -> None:
    server = serve(over_tls(certificate, handler))
    failure = fail(f"https://127.0.0.1:{server.port}/", deadline=1.5)
    assert (failure.reached, failure.reason) == (Reached.MAYBE, reason)


@pytest.mark.usefixtures("_trusted")
def test_a_tls_connection_that_just_closes_may_have_been_reached(
    serve: Callable[[Handler], Server], certificate: Path
) -> None:
    server = serve(over_tls(certificate, reset))
    assert fail(f"https://127.0.0.1:{server.port}/").reached is Reached.MAYBE


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_over_the_cap_is_not_read_to_its_end(
    serve: Callable[[Handler], Server], *, packed: bool
) -> None:
    body = b" " * 200_000
    head = b"HTTP/1.1 200 OK\r\n"
    if packed:
        body, head = gzip.compress(body), head + b"Content-Encoding: gzip\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    failure = fail(serve(answering(head + body)), max_bytes=100_000)
    assert (failure.reached, failure.reason) == (Reached.MAYBE, "too_large")


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://other.example/api/v2?key=secret", "other.example"),
        ("/api/v3", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_reported_and_not_followed(
    serve: Callable[[Handler], Server], status: int, location: str, host: str
) -> None:
    head = (
        f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    )
    server = serve(answering(head.encode()))
    failure = fail(server)
    assert (failure.reached, failure.reason) == (Reached.MAYBE, "redirect")
    assert failure.detail == host
    assert server.connections == 1


# --- Transactions ----------------------------------------------------------------


@pytest.mark.django_db
def test_no_call_is_made_inside_a_transaction(
    serve: Callable[[Handler], Server],
) -> None:
    server = serve(answering(OK))
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        post(server)
    assert server.connections == 0
