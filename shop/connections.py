"""Connections that know their call: how long it may last, and whether they ever stood.

What a failed call may have done on the other side cannot be told from the exception: a
TLS error comes from the handshake, or after the whole request was read. So each
connection records on its call when it is established.
"""

import functools
import ipaddress
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Threads are started as they are needed, and kept: starting one costs as much as looking
# up. So many may hang before others wait for them.
_LOOK_UPS = ThreadPoolExecutor(512, "look-up")


@dataclass
class Call:
    """One call: its clock, and what its one connection recorded.

    `obstacle` is what stands in the way while nothing is established (address, dns,
    refused, connect_timeout, tls), and `detail` says so in the system's words.
    """

    connect_timeout: float
    deadline: float
    started_at: float = field(default_factory=time.monotonic)
    established: bool = False
    obstacle: str = "protocol"
    detail: str = ""

    def elapsed(self) -> float:
        """Return the seconds since the call began."""
        return time.monotonic() - self.started_at

    def remaining(self) -> float:
        """Return the seconds that are left; raises TimeoutError where there are none."""
        return self._left(self.deadline)

    def connecting(self) -> float:
        """Return the seconds that are left for connecting, likewise."""
        return self._left(min(self.connect_timeout, self.deadline))

    def _left(self, limit: float) -> float:
        left = limit - self.elapsed()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class _PlainSocket(socket.socket):
    """A socket that waits no longer than its call may last, however often it is read."""

    call: Call

    def recv_into(self, *args: Any, **options: Any) -> int:
        self.settimeout(self.call.remaining())
        return super().recv_into(*args, **options)


class _TlsSocket(ssl.SSLSocket):
    """The same over TLS, where a long body is also sent in many steps."""

    call: Call

    def recv_into(self, *args: Any, **options: Any) -> int:
        self.settimeout(self.call.remaining())
        return super().recv_into(*args, **options)

    def send(self, *args: Any, **options: Any) -> int:
        self.settimeout(self.call.remaining())
        return super().send(*args, **options)


class _PlainConnection(HTTPConnection):
    """Established when TCP is."""

    def __init__(self, *args: Any, call: Call, **options: Any) -> None:
        super().__init__(*args, **options)
        self.call = call

    def connect(self) -> None:
        self.sock = _dial(self.call, self.host, self.port)
        self.sock.settimeout(self.call.remaining())
        self.call.established = True


class _TlsConnection(HTTPSConnection):
    """Established when the handshake is done and the certificate verified."""

    def __init__(self, *args: Any, call: Call, **options: Any) -> None:
        super().__init__(*args, **options)
        self.call = call

    def connect(self) -> None:
        plain = _dial(self.call, self.host, self.port)
        self.call.obstacle = "tls"
        try:
            tls = _tls_context(self.ca_certs).wrap_socket(
                plain, server_hostname=self.host
            )
        except (OSError, ValueError) as error:
            plain.close()
            self.call.detail = str(error)
            raise
        tls.call = self.call  # type: ignore[attr-defined]
        self.sock = tls
        self.is_verified = True
        self.call.established = True


class PlainPool(urllib3.HTTPConnectionPool):
    """A pool for one call to an http address; takes `call=`."""

    ConnectionCls = _PlainConnection


class TlsPool(urllib3.HTTPSConnectionPool):
    """A pool for one call to an https address; takes `call=`."""

    ConnectionCls = _TlsConnection


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, seen through IPv6's wrappings."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


@functools.cache
def _tls_context(ca_certs: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_certs)
    context.sslsocket_class = _TlsSocket
    return context


def _dial(call: Call, host: str, port: int) -> _PlainSocket:
    """Connect to an allowed address of `host`; else leave the reason on the call.

    The name is looked up once, and the address that was checked is the one connected to.
    """
    if call.established:
        raise OSError("one call has one connection")
    try:
        call.obstacle = "dns"
        found = _look_up(host, port, call.connecting())
        call.obstacle = "address"
        allowed = [entry for entry in found if _is_allowed(entry[4][0])]
        if not allowed:
            raise OSError(f"{host} is not on the public internet")
        return _connect_to_first(call, allowed)
    except (OSError, ValueError) as error:
        call.detail = str(error)
        raise


def _look_up(host: str, port: int, timeout: float) -> list[Any]:
    """Look `host` up in a thread, as the system's own time-out may be half a minute."""
    future = _LOOK_UPS.submit(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
    return future.result(timeout)


def _is_allowed(address: str) -> bool:
    return settings.ALLOW_PRIVATE_ADDRESSES or is_public(ipaddress.ip_address(address))


def _connect_to_first(call: Call, entries: list[Any]) -> _PlainSocket:
    obstacle = OSError("no address")
    for family, kind, protocol, _name, address in entries:
        plain = _PlainSocket(family, kind, protocol)
        try:
            plain.call = call
            plain.settimeout(call.connecting())
            plain.connect(address)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            plain.close()
            timed_out = isinstance(error, TimeoutError)
            call.obstacle = "connect_timeout" if timed_out else "refused"
            obstacle = error
        else:
            plain.settimeout(call.connecting())
            return plain
    raise obstacle
