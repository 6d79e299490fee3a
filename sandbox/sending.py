"""Sending replies: as HTTP means it, and in the ways in which a line goes wrong."""

import os
import select
import socket
import struct
import time
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from sandbox.faults import Manner, Reply

PADDING = b" " * (1 << 16)
# An endless body runs at some 10 MB a second, for at most ten minutes.
PADDING_PAUSE = 0.006
LONGEST = 600.0
PHRASES = {status.value: status.phrase for status in HTTPStatus}


def send(line: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Send `reply` on `line` in its manner; all but a whole one end the connection."""
    if reply.manner is Manner.WHOLE:
        line.wfile.write(head(reply, close=line.close_connection) + reply.body)
        return
    line.close_connection = True
    if reply.manner is Manner.SILENT:
        wait(line.connection, reply.seconds)
    elif reply.manner is Manner.RESET:
        _send_half(line, reply)
    elif reply.manner is Manner.DRIP:
        _send_slowly(line, head(reply, close=True) + reply.body, reply.seconds)
    else:
        _send_endlessly(line, reply)


def head(reply: Reply, *, close: bool, endless: bool = False) -> bytes:
    """Return the status line and the headers of `reply`, and the empty line."""
    lines = [
        f"HTTP/1.1 {reply.status} {PHRASES.get(reply.status, '')}",
        "Server: sandbox",
        f"Date: {formatdate(int(time.time()), usegmt=True)}",
        f"Content-Type: {reply.content_type}",
        *(f"{name}: {text}" for name, text in reply.headers),
    ]
    if not endless:
        lines.append(f"Content-Length: {len(reply.body)}")
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def wait(line: socket.socket, seconds: float) -> None:
    """Wait for `seconds`, or until the other side has closed the connection."""
    ends_at = time.monotonic() + seconds
    poll = select.poll()
    poll.register(line, select.POLLIN)
    while (left := ends_at - time.monotonic()) > 0:
        if not poll.poll(left * 1000):
            return
        if not line.recv(1 << 16):
            return


def _send_half(line: BaseHTTPRequestHandler, reply: Reply) -> None:
    if reply.body:
        line.wfile.write(head(reply, close=True) + reply.body[: len(reply.body) // 2])
        line.wfile.flush()
    # With no time to linger, closing a socket resets the connection; detached, it is
    # closed now, and not when the last file on it is.
    now = struct.pack("ii", 1, 0)
    line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
    os.close(line.connection.detach())


def _send_slowly(line: BaseHTTPRequestHandler, text: bytes, pause: float) -> None:
    for position in range(len(text)):
        line.wfile.write(text[position : position + 1])
        line.wfile.flush()
        time.sleep(pause)


def _send_endlessly(line: BaseHTTPRequestHandler, reply: Reply) -> None:
    ends_at = time.monotonic() + LONGEST
    line.wfile.write(head(reply, close=True, endless=True) + reply.body[:-1])
    while time.monotonic() < ends_at:
        line.wfile.write(PADDING)
        line.wfile.flush()
        time.sleep(PADDING_PAUSE)
