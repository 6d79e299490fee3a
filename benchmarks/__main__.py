"""`make bench`: measurements, against throw-away servers of their own.

`python -m benchmarks [catalogue] [latency] [trade]` runs those named, or all.
"""

import os
import sys
import time
from collections.abc import Callable

import django

from tests.servers import Servers

NAMES = ("catalogue", "latency", "trade")


def main() -> int:
    """Start the servers, run what the command line names, stop the servers."""
    wanted = sys.argv[1:] or list(NAMES)
    if unknown := set(wanted) - set(NAMES):
        sys.stderr.write(f"no such benchmark: {', '.join(sorted(unknown))}\n")
        return 2
    servers = Servers()
    try:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="shop.settings",
            ALLOW_PRIVATE_ADDRESSES="true",
            LOG_LEVEL="ERROR",
            REFILL_HOURS="0",
        )
        django.setup()
        for name, run in _benchmarks().items():
            if name in wanted:
                print(f"\n== {name}")
                started = time.monotonic()
                run()
                print(f"   ({time.monotonic() - started:.1f} s in all)")
    finally:
        servers.stop()
    return 0


def _benchmarks() -> dict[str, Callable[[], None]]:
    # The modules import models, which need Django to be set up.
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks import catalogue, latency, trade  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    return {"catalogue": catalogue.run, "latency": latency.run, "trade": trade.run}


if __name__ == "__main__":
    sys.exit(main())
