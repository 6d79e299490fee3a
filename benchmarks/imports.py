"""Importing catalogues of 10,000 and 100,000 rows, beside what else could be done.

In the same run: the same rows copied into a temporary table and inserted by hand, as
fast as PostgreSQL takes them, and a loop of `update_or_create`, which is what most shops
do (of LOOP rows; the rest is calculated). Then the same catalogue again, and a new rule.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.measuring import machine
from benchmarks.synthetic import catalogue
from provider import actions, staging
from provider.actions.pricing import reprice_in_transaction
from provider.models import MarkupRule, Offer, Provider, Service, SyncRun
from provider.protocol.catalogue import read_catalogue
from provider.protocol.replies import OfferRow

SIZES = [int(size) for size in os.environ.get("SIZES", "10000 100000").split()]
TIMES = 5
LOOP = 2_000


def run() -> None:
    """Measure each size, and what ten times the rows cost."""
    print(f"{machine()}; medians of {TIMES}")
    first, again = zip(*map(_measure, SIZES), strict=True)
    if len(SIZES) == 2:
        print(
            f"  {SIZES[1] / SIZES[0]:.0f} times the rows: first import "
            f"{first[1] / first[0]:.1f} times as long, unchanged "
            f"{again[1] / again[0]:.1f} times"
        )


def _measure(size: int) -> tuple[float, float]:
    """Print what a catalogue of `size` rows takes; return first import and unchanged."""
    body = catalogue(size)
    rows = read_catalogue(body).rows
    print(f"  {size} rows, {len(body) / 1e6:.1f} MB, {len(rows)} of them usable:")
    by_hand = _median(_empty, lambda: _insert_by_hand(rows))
    loop, loop_wal = _loop(rows)
    with _served(body) as url:
        first = _median(_empty, lambda: _sync(_provider(url)))
        _empty()
        provider = _provider(url)
        _sync(provider)
        wal = _wal()
        again = _median(lambda: None, lambda: _unchanged(provider))
        wal = (_wal() - wal) / TIMES
        compared = _median(
            lambda: actions.request_sync(provider=provider),
            lambda: _unchanged(provider),
        )
    _report(len(rows), first, again, by_hand, loop)
    print(
        f"    compared all the same {compared:.2f} s, "
        f"{loop * len(rows) / compared:.0f} times as fast as the loop"
    )
    print(
        f"    written to the log by an unchanged import: {wal / 1024:.0f} KB, "
        f"{wal / (loop_wal * len(rows)):.2%} of the loop's"
    )
    _reprice()
    return first, again


def _report(rows: int, first: float, again: float, by_hand: float, loop: float) -> None:
    print(
        f"    by hand {by_hand:.2f} s; loop of update_or_create "
        f"{loop * rows:.1f} s ({loop * 1000:.2f} ms a row of {LOOP})\n"
        f"    first import {first:.2f} s, {first / by_hand:.1f} times by hand, "
        f"{loop * rows / first:.0f} times as fast as the loop\n"
        f"    unchanged {again:.2f} s, {loop * rows / again:.0f} times as fast as the loop"
    )


def _median(prepare: Callable[[], object], step: Callable[[], object]) -> float:
    seconds = []
    for _time in range(TIMES):
        prepare()
        started = time.monotonic()
        step()
        seconds.append(time.monotonic() - started)
    return statistics.median(seconds)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE provider_provider, provider_category CASCADE")


def _provider(url: str) -> Provider:
    return actions.add_provider(
        name="Synthetic", url=url, key="practice", currency="USD", publish=True
    )


def _sync(provider: Provider) -> SyncRun:
    done = actions.sync(provider=provider)
    if done.outcome not in {"applied", "unchanged"}:
        raise RuntimeError(f"the import ended as {done.outcome}: {done.message}")
    return done


def _unchanged(provider: Provider) -> None:
    done = _sync(provider)
    if done.outcome != "unchanged":
        raise RuntimeError("the same catalogue has changed something")


def _insert_by_hand(rows: tuple[OfferRow, ...]) -> None:
    provider = _provider("http://127.0.0.1:9/api/v2")
    with transaction.atomic(), connection.cursor() as cursor:
        staging.stage(cursor, rows)
        cursor.execute(
            f"""
            INSERT INTO provider_offer (provider_id, {staging.COLUMNS}, raw)
            SELECT %s, {staging.COLUMNS}, raw FROM staged
            ON CONFLICT (provider_id, upstream_id) DO UPDATE SET
                name = excluded.name, rate_seen = excluded.rate_seen
            """,
            [provider.pk],
        )


def _loop(rows: tuple[OfferRow, ...]) -> tuple[float, float]:
    """Return what a row takes, in seconds and in bytes of log, when it is there already."""
    _empty()
    provider = _provider("http://127.0.0.1:9/api/v2")
    sample = rows[:LOOP]
    for measured in (False, True):
        wal, started = _wal(), time.monotonic()
        for row in sample:
            Offer.objects.update_or_create(
                provider=provider, upstream_id=row.upstream_id, defaults=_values(row)
            )
        if measured:
            return (time.monotonic() - started) / LOOP, (_wal() - wal) / LOOP
    raise AssertionError


def _values(row: OfferRow) -> dict[str, object]:
    return {
        "name": row.name,
        "category": row.category,
        "type": row.type.value if row.type else "",
        "rate_seen": row.rate,
        "min": row.min,
        "max": row.max,
        "refill": row.refill,
        "cancel": row.cancel,
        "description": row.description,
        "raw": json.loads(row.raw),
    }


def _wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def _reprice() -> None:
    """Print how long a new rule for everything takes, and in how many statements."""
    MarkupRule.objects.create(scope="everything", percent=77)
    started = time.monotonic()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        moved = reprice_in_transaction()
    writing = sum("UPDATE" in query["sql"] for query in queries)
    print(
        f"    a new rule moves {moved} of {Service.objects.count()} prices in "
        f"{time.monotonic() - started:.2f} s, {writing} statement"
    )
    MarkupRule.objects.all().delete()


@contextmanager
def _served(body: bytes) -> Iterator[str]:
    """Answer everything with `body`; yield the address."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v2"
    finally:
        server.shutdown()
