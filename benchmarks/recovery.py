"""How long a backlog takes once a worker was killed, or PostgreSQL crashed, in its midst.

A real worker and scheduler with short deadlines; what was under way becomes unknown when
its lease is over, and is not sent again.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from subprocess import Popen

from django.db import InterfaceError, OperationalError, connection

from benchmarks.crew import Crew
from benchmarks.furnishing import add_provider, place, publish
from benchmarks.measuring import book, machine, upstream
from benchmarks.servers import crash_postgres
from orders.models import Order
from provider.models import Provider

ORDERS = int(os.environ.get("ORDERS", "500"))
THREADS = 16
# Seconds; the deadline is as short as HTTP_CONNECT_TIMEOUT allows.
SETTINGS = {
    "HTTP_DEADLINE": "3.5",
    "ATTEMPT_LEASE": "5",
    "VISIBILITY_TIMEOUT": "20",
    "BREAKER_WAIT": "1",
}
LONGEST = 180.0

Event = Callable[[Crew, Popen[bytes]], None]


def run() -> None:
    """Drain a backlog three times: undisturbed, over a kill -9, over a crash."""
    # Our own pool would report on the crash that we have made.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    shown = ", ".join(f"{name}={value}" for name, value in SETTINGS.items())
    print(f"{machine()}; {ORDERS} orders, {THREADS} threads, {shown}; once each")
    _measure("nothing happens", _nothing)
    _measure("kill -9 of the worker, started again at once", _kill)
    _measure("PostgreSQL crashes (immediate), its keeper starts it again", _crash)


def _nothing(_crew: Crew, _worker: Popen[bytes]) -> None:
    pass


def _kill(crew: Crew, worker: Popen[bytes]) -> None:
    worker.kill()
    worker.wait()
    crew.worker(threads=THREADS)


def _crash(_crew: Crew, _worker: Popen[bytes]) -> None:
    crash_postgres()


def _measure(title: str, event: Event) -> None:
    with _backlog() as (url, order_ids), Crew(**SETTINGS) as crew:
        worker = crew.worker(threads=THREADS)
        crew.beat()
        left = partial(_left, order_ids)
        begun = _wait(lambda: left() < ORDERS)
        half = _wait(lambda: left() <= ORDERS / 2)
        event(crew, worker)
        end = _wait(lambda: left() == 0)
        ends = Counter(
            Order.objects.filter(pk__in=order_ids).values_list("submission", flat=True)
        )
        upstream_has = len(book(url)["orders"])
    print(
        f"  {title}: drained {end - half:.1f} s later "
        f"(the first half took {half - begun:.1f} s)\n"
        f"    {', '.join(f'{count} {name}' for name, count in sorted(ends.items()))}; "
        f"upstream has {upstream_has}"
    )


@contextmanager
def _backlog() -> Iterator[tuple[str, list[int]]]:
    """Have orders placed and rung for, at a provider of their own."""
    with upstream("--faults", "latency=50", "--balance", "100000000") as url:
        Provider.objects.update(active=False)
        order_ids = place(add_provider(url), ORDERS)
        publish(order_ids)
        yield url, order_ids


def _left(order_ids: list[int]) -> int:
    """Return how many have not come to an end; all of them while nobody can say."""
    try:
        waiting = Order.objects.filter(submission__in=("queued", "sending"))
        return waiting.filter(pk__gte=order_ids[0], pk__lte=order_ids[-1]).count()
    except (OperationalError, InterfaceError):
        connection.close()
        return len(order_ids)


def _wait(condition: Callable[[], bool]) -> float:
    """Wait until `condition` holds; return when it did."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the backlog is not drained")
        time.sleep(0.1)
    return time.monotonic()
