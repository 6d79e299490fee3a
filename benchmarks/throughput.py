"""Orders sent per second by one worker process of THREADS threads.

The worker consumes messages as in production; the sandbox takes LATENCY for each answer.
Beside it, in the same run, the same client with as many threads and no database.
"""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise

from django.db import connection

from benchmarks.crew import Crew
from benchmarks.furnishing import a_service, add_provider, place, publish
from benchmarks.measuring import cpu_of, machine, upstream
from orders.models import Attempt, Order
from provider.models import Offer, Provider
from provider.protocol.replies import AddOutcome
from provider.upstream import client_of

ORDERS = int(os.environ.get("ORDERS", "2000"))
THREADS = 32
LATENCY = 0.05
IDEAL = THREADS / LATENCY
# How many parts of a run are rated by themselves.
PARTS = 5
LONGEST = 60.0
SILENCE = 10.0

_calls = count(1)


def run() -> None:
    """Measure HTTP alone, then the worker, and print both beside the ideal."""
    print(f"{machine()}; {THREADS} threads, answers after {LATENCY * 1000:.0f} ms")
    options = ("--faults", f"latency={LATENCY * 1000:.0f}", "--balance", "100000000")
    with upstream(*options) as url:
        provider = add_provider(url)
        rates, cpu = zip(*(_http_alone(provider) for _ in range(PARTS)), strict=True)
        alone = statistics.median(rates)
        print(
            f"  HTTP alone: {alone:.0f}/s, {alone / IDEAL:.0%} of the ideal "
            f"{IDEAL:.0f}/s; client CPU {statistics.median(cpu) * 1000:.2f} ms a call "
            f"(medians of {PARTS} × {ORDERS // PARTS} calls)"
        )
        _measure_worker(provider, alone)


def _http_alone(provider: Provider) -> tuple[float, float]:
    """Return calls per second, and seconds of this process's CPU per call."""
    offer = Offer.objects.get(routes__service=a_service(provider))
    client, number = client_of(provider), ORDERS // PARTS

    def call(_number: int) -> None:
        link = f"https://example.com/alone/{next(_calls)}"
        fields = {"service": offer.upstream_id, "link": link}
        answer, _exchange = client.add({**fields, "quantity": str(offer.min)})
        if answer.outcome != AddOutcome.ACCEPTED:
            raise RuntimeError(f"the sandbox says {answer.error}")

    started, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(call, range(number)))
    seconds = time.monotonic() - started
    return number / seconds, (time.process_time() - cpu) / number


def _measure_worker(provider: Provider, alone: float) -> None:
    order_ids = place(provider, ORDERS)
    publish(order_ids)
    before = _transactions()
    with Crew(DB_POOL=str(THREADS + 2)) as crew:
        worker = crew.worker(threads=THREADS, queues="submit")
        _wait_for_first()
        cpu = cpu_of(worker.pid)
        oldest = _wait_for_last()
        cpu = cpu_of(worker.pid) - cpu
    # Sessions hand in their counters as they end.
    time.sleep(1)
    transactions = _transactions() - before
    rates = _rates(provider)
    whole = ORDERS / sum(ORDERS / PARTS / rate for rate in rates)
    accepted = Order.objects.filter(submission="accepted").count()
    print(
        f"  worker: {whole:.0f} orders/s, {whole / IDEAL:.0%} of the ideal, "
        f"{whole / alone:.0%} of HTTP alone; parts "
        f"{', '.join(f'{rate:.0f}' for rate in rates)}/s\n"
        f"    worker's CPU {cpu / ORDERS * 1000:.2f} ms an order (user and system), "
        f"{transactions / ORDERS:.1f} transactions an order by PostgreSQL's count "
        f"(a statement outside of one counts as one)\n"
        f"    {accepted} of {ORDERS} accepted, {Attempt.objects.count()} attempts; the "
        f"oldest transaction seen was {oldest:.1f} s old"
    )


def _rates(provider: Provider) -> list[float]:
    """Return the orders per second of each part of the run, by the database's times."""
    attempts = Attempt.objects.filter(provider=provider, answered_at__isnull=False)
    times = attempts.values_list("sent_at", "answered_at")
    first = min(sent for sent, _answered in times)
    moments = [first, *sorted(answered for _sent, answered in times if answered)]
    size = len(times) // PARTS
    ends = [moments[part * size] for part in range(PARTS + 1)]
    return [size / (end - start).total_seconds() for start, end in pairwise(ends)]


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def _wait_for_first() -> None:
    deadline = time.monotonic() + LONGEST
    while not Attempt.objects.exists():
        if time.monotonic() > deadline:
            raise RuntimeError("the worker does not begin")
        time.sleep(0.02)


def _wait_for_last() -> float:
    """Wait until all are answered, or until nothing has been for a while.

    Returns the age in seconds of the oldest transaction that was seen meanwhile.
    """
    oldest, answered, since = 0.0, -1, time.monotonic()
    while answered < ORDERS and time.monotonic() < since + SILENCE:
        now = Attempt.objects.filter(answered_at__isnull=False).count()
        if now != answered:
            answered, since = now, time.monotonic()
        oldest = max(oldest, _oldest_transaction())
        time.sleep(0.25)
    return oldest


def _oldest_transaction() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)"
            " FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
        )
        return float(cursor.fetchone()[0])
