"""What sending one order costs: its statements, its CPU, and where that goes.

Within this process, by orders.actions.submit; the sandbox is a process of its own.
"""

import cProfile
import io
import pstats
import re
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.furnishing import add_provider, place
from benchmarks.measuring import machine, shortened, statements, upstream
from orders import actions as orders
from orders.models import Order
from provider.models import Provider

THREADS = 32
COUNTED = 20
PROFILED = 200
ROUNDS = 5
ROUND = 100
LINES = 25


def run() -> None:
    """Print the statements of one order, the rate of many, and a profile."""
    print(machine())
    with upstream("--faults", "latency=50", "--balance", "100000000") as url:
        provider = add_provider(url)
        order_ids = place(provider, 1 + COUNTED + ROUNDS * ROUND)
        _list_statements(order_ids.pop())
        _count_statements([order_ids.pop() for _ in range(COUNTED)])
        _measure_threads([order_ids.pop() for _ in range(ROUNDS * ROUND)])
    with upstream("--balance", "100000000") as url:
        Provider.objects.update(active=False)
        _profile(place(add_provider(url), PROFILED))
    accepted = Order.objects.filter(submission="accepted").count()
    print(f"  {accepted} of {Order.objects.count()} accepted")


def _list_statements(order_id: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        orders.submit(order_id=order_id)
    print(f"  one order, {len(captured)} lines of the log of queries:")
    for number, query in enumerate(captured.captured_queries, 1):
        print(f"    {number:3} {shortened(query['sql'])}")


def _count_statements(order_ids: Sequence[int]) -> None:
    counts = []
    for order_id in order_ids:
        with statements() as seen:
            orders.submit(order_id=order_id)
        counts.append(seen.total())
    with CaptureQueriesContext(connection) as captured:
        orders.submit(order_id=order_ids[0])
    print(
        f"  statements an order: {statistics.median(counts):.0f} (median of "
        f"{len(counts)}), BEGIN and COMMIT not counted; "
        f"{len(captured)} for an order that was sent already"
    )


def _measure_threads(order_ids: Sequence[int]) -> None:
    """Submit from a pool of threads, each order with a connection from the pool."""
    rates, cpu = [], []
    with ThreadPoolExecutor(THREADS) as threads:
        for start in range(0, len(order_ids), ROUND):
            before, used = time.monotonic(), time.process_time()
            list(threads.map(_submit, order_ids[start : start + ROUND]))
            rates.append(ROUND / (time.monotonic() - before))
            cpu.append((time.process_time() - used) / ROUND)
    print(
        f"  {THREADS} threads of this process: {statistics.median(rates):.0f} orders/s "
        f"({min(rates):.0f} to {max(rates):.0f}), CPU "
        f"{statistics.median(cpu) * 1000:.2f} ms an order "
        f"(medians of {ROUNDS} × {ROUND} orders)"
    )


def _submit(order_id: int) -> None:
    try:
        orders.submit(order_id=order_id)
    finally:
        # As after each task of a worker: back to the pool.
        connection.close()


def _profile(order_ids: Sequence[int]) -> None:
    """Print where the CPU goes: one order after the other, upstream at its fastest."""
    profile = cProfile.Profile(time.process_time)
    started, used = time.monotonic(), time.process_time()
    profile.enable()
    for order_id in order_ids:
        _submit(order_id)
    profile.disable()
    wall = (time.monotonic() - started) / len(order_ids) * 1000
    cpu = (time.process_time() - used) / len(order_ids) * 1000
    print(
        f"  profile of {len(order_ids)} orders one by one, seconds of CPU; "
        f"with the profiler {cpu:.1f} ms of CPU and {wall:.1f} ms in all an order"
    )
    for key in ("cumulative", "tottime"):
        text = io.StringIO()
        pstats.Stats(profile, stream=text).sort_stats(key).print_stats(LINES)
        print(f"  by {key}:")
        for line in _table(text.getvalue()):
            print(f"    {line}")


def _table(text: str) -> list[str]:
    """Return the lines of the table, the paths cut down to the last two parts."""
    lines = text.split("\n")
    start = next(at for at, line in enumerate(lines) if "ncalls" in line)
    return [
        re.sub(r"/\S*?/([^/\s]+/[^/\s]+:\d)", r"\1", line)
        for line in lines[start:]
        if line.strip()
    ]
