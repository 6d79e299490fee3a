"""A provider that says whatever a test wants, over real HTTP."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from provider import actions
from provider.models import Provider, Quarantine, SyncRun


class Feed:
    """Answers every call with `body` and `status`, after `delay` seconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.body = b"[]"
        self.status = 200
        self.delay = 0.0

    def rows(self, *rows: dict[str, Any]) -> None:
        """Answer with these rows from now on."""
        self.body = json.dumps(rows).encode()


@contextmanager
def serving() -> Iterator[Feed]:
    """Serve a feed from a thread on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            time.sleep(feed.delay)
            self.send_response(feed.status)
            self.send_header("Content-Length", str(len(feed.body)))
            self.end_headers()
            self.wfile.write(feed.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feed = Feed(f"http://127.0.0.1:{server.server_port}/api/v2")
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def row(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a row of a catalogue: 1.00 per 1,000, but for what `fields` change."""
    return {
        "service": number,
        "name": f"Subtitles {number}",
        "type": "Default",
        "category": "Subtitles",
        "rate": "1.00",
        "min": "10",
        "max": "1000",
        "refill": True,
        **fields,
    }


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return `count` rows that differ by number."""
    return [row(number, **fields) for number in range(1, count + 1)]


def read(
    provider: Provider, feed: Feed, *rows: dict[str, Any], **options: Any
) -> SyncRun:
    """Have the feed answer with `rows`, and read it."""
    feed.rows(*rows)
    return actions.sync(provider=provider, **options)


def approve_all() -> int:
    """Approve every quarantined change that waits."""
    waiting = Quarantine.objects.filter(verdict="").values_list("pk", flat=True)
    return actions.approve_changes(numbers=list(waiting), by=None)
