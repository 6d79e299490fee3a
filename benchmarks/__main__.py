"""`make bench`: measurements, against servers of their own.

`python -m benchmarks NAME …` runs those named, or all in this order:

- catalogue: importing catalogues; CATALOGUES names a folder of real ones
- imports: large catalogues beside copying by hand and a loop; SIZES of them
- pages: catalogue, search and order form at 10,000 and 100,000 services
- storefront: every page of a customer with 100,000 orders, and what a first visit weighs
- latency: from "place order" to accepted upstream, at an idle shop
- trade: an hour's orders with all outcomes, and the audit after it
- throughput: orders sent per second by one worker of 32 threads; ORDERS of them
- submission: the statements and the CPU of sending one order, with a profile
- statuses: applying a call's worth of statuses, with refunds
- calls: how many status calls a number of due orders takes
- day: how full those calls are; HOURS=24 simulates a whole day
- recovery: how long a backlog takes after a worker or PostgreSQL was killed
- claims: finding what is due among a million orders; HISTORY of them

Each begins with an empty database. None asserts a time: they print what they measured.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module

import django

from benchmarks.servers import Servers

NAMES = (
    "catalogue",
    "imports",
    "pages",
    "storefront",
    "latency",
    "trade",
    "throughput",
    "submission",
    "statuses",
    "calls",
    "day",
    "recovery",
    "claims",
)


def main() -> int:
    """Start the servers, run what the command line names, stop the servers."""
    wanted = sys.argv[1:] or list(NAMES)
    if unknown := set(wanted) - set(NAMES):
        sys.stderr.write(f"no such benchmark: {', '.join(sorted(unknown))}\n")
        return 2
    # A signal to end leaves no servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers = Servers()
    try:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="shop.settings",
            ALLOW_PRIVATE_ADDRESSES="true",
            LOG_LEVEL="ERROR",
            REFILL_HOURS="0",
            EMAIL_URL="dummymail://",
            DB_POOL="36",
        )
        django.setup()
        for name in NAMES:
            if name in wanted:
                print(f"\n== {name}", flush=True)
                run = _prepare(name)
                started = time.monotonic()
                run()
                print(f"   ({time.monotonic() - started:.1f} s in all)", flush=True)
    finally:
        servers.stop()
    return 0


def _prepare(name: str) -> Callable[[], None]:
    """Return what runs the benchmark `name`, in an empty database."""
    # The modules import models, which need Django to be set up.
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks.furnishing import purge  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("flush", verbosity=0, interactive=False)
    purge()
    run: Callable[[], None] = import_module(f"benchmarks.{name}").run
    return run


if __name__ == "__main__":
    sys.exit(main())
