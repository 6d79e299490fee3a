"""Finding what is due among many orders, and among 15 times fewer finished ones.

What the tracker claims, what the sweeper rings for; and whether an index was used.
"""

import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle

from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from benchmarks.furnishing import add_provider
from benchmarks.history import fill
from benchmarks.measuring import machine, milliseconds, percentile, upstream
from orders.actions import sweeping, tracking
from orders.enums import Submission
from orders.models import Order
from provider.models import Provider

TOTAL = int(os.environ.get("HISTORY", "1000000"))
OPEN_ORDERS = TOTAL // 20
LESS = 15
PROVIDERS = 4
# A tenth of what is due at most, so that each claim is full.
CLAIMS = min(OPEN_ORDERS // 500, 100)
LOOKS = 20

Step = Callable[[], object]


@dataclass(frozen=True)
class Look:
    """What is measured, how many times, and what makes it find as much each time."""

    query: Step
    times: int = LOOKS
    again: Step = lambda: None


def run() -> None:
    """Measure in a short history, then in a long one, and print the ratios."""
    print(machine())
    with upstream() as url:
        providers = [add_provider(url) for _ in range(PROVIDERS)]
    short = _measure(providers, TOTAL // LESS)
    long = _measure(providers, TOTAL)
    print(f"  {LESS} times the history takes:")
    for name, seconds in long.items():
        ratio = statistics.median(seconds) / statistics.median(short[name])
        tail = percentile(seconds, 0.95) / percentile(short[name], 0.95)
        print(f"    {name}: {ratio:.2f} times as long (p50), {tail:.2f} times (p95)")


def _measure(providers: list[Provider], total: int) -> dict[str, list[float]]:
    started = time.monotonic()
    fill(providers, total=total, is_open=OPEN_ORDERS)
    print(
        f"  {Order.objects.count()} orders, {Order.objects.open().count()} open "
        f"(made in {time.monotonic() - started:.0f} s, without transfers)"
    )
    measured = {}
    for name, look in _looks(providers).items():
        measured[name], cpu = _time(look)
        print(
            f"    {name}: {milliseconds(measured[name])}, of it our own CPU "
            f"{cpu * 1000:.1f} ms"
        )
        for finding in _plans(look):
            print(f"      {finding}")
    return measured


def _looks(providers: list[Provider]) -> dict[str, Look]:
    turns = cycle(provider.pk for provider in providers)
    return {
        "tracker claims 100": Look(lambda: _claim(next(turns)), CLAIMS, _let_in),
        "sweeper looks for leases": Look(lambda: sweeping._due(Submission.SENDING)),
        "sweeper looks for held": Look(lambda: sweeping._due(Submission.HELD)),
        "sweeper looks for unknown": Look(lambda: sweeping._due(Submission.UNKNOWN)),
        "sweeper looks for providers to track": Look(sweeping._providers_to_track),
        # The last one, as its many updates leave dead rows to the others.
        "sweeper rings for 500 queued": Look(sweeping._hint, LOOKS, _forget_rings),
    }


def _claim(provider_id: int) -> int:
    """Claim a batch as the tracker does; return of how many orders it is."""
    if find_spec("orders.actions.claiming") is None:
        claimed = tracking._claim(provider_id)
        return len(claimed[1]) if claimed else 0
    claim = import_module("orders.actions.claiming").claim(provider_id=provider_id)
    return len(claim.rows) if claim else 0


def _let_in() -> None:
    """Let the next tracker in."""
    Provider.objects.update(tracked_until=None)


def _forget_rings() -> None:
    """Have all queued orders due, as before they were rung for."""
    queued = Order.objects.filter(submission=Submission.QUEUED)
    queued.update(next_at=Now() - timedelta(minutes=1))


def _time(look: Look) -> tuple[list[float], float]:
    """Return the seconds that each look took, and the median of our CPU."""
    seconds, cpu = [], []
    for _look in range(look.times):
        look.again()
        started, used = time.monotonic(), time.process_time()
        look.query()
        seconds.append(time.monotonic() - started)
        cpu.append(time.process_time() - used)
    return seconds, statistics.median(cpu)


def _plans(look: Look) -> Iterator[str]:
    """Yield, per statement that looks for orders, its index, buffers and time."""
    look.again()
    with _undone(), CaptureQueriesContext(connection) as captured:
        look.query()
    for entry in captured.captured_queries:
        sql = entry["sql"]
        if '"orders_order"' in sql and sql.startswith(("SELECT", "UPDATE")):
            with _undone(), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            yield f"{sql.partition(' ')[0]}: {_summary(plan)}"


@contextmanager
def _undone() -> Iterator[None]:
    """Undo what is done within, durable as it may be."""
    outer = transaction.atomic()
    # As Django's own test cases do.
    outer._from_testcase = True  # type: ignore[attr-defined]
    with outer:
        yield
        transaction.set_rollback(True)


def _summary(plan: str) -> str:
    scans = re.findall(
        r"((?:Index Only Scan|Index Scan|Bitmap Index Scan|Seq Scan)[^(]*)", plan
    )
    found = [" ".join(scan.split()) for scan in scans]
    buffers = re.search(r"Buffers: (.*)", plan)
    taken = re.search(r"Execution Time: (.*)", plan)
    whole = "Seq Scan on orders_order" in found
    return (
        f"{'NO INDEX: ' if whole else ''}{'; '.join(dict.fromkeys(found))} "
        f"[{buffers[1] if buffers else 'no buffers'}; {taken[1] if taken else '?'}]"
    )
