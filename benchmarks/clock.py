"""A clock for a measurement that lasts a day: the database's and this machine's.

`now()` and `statement_timestamp()` are looked up in a schema of ours first, where they
say what we set. For this thread's connection only; defaults of columns keep real time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from django.db import connection

START = datetime(2030, 1, 1, tzinfo=UTC)

_CREATE = """
    CREATE SCHEMA IF NOT EXISTS benchmark;
    CREATE OR REPLACE FUNCTION benchmark.now() RETURNS timestamptz
        LANGUAGE sql STABLE
        AS 'SELECT current_setting(''benchmark.now'')::timestamptz';
    CREATE OR REPLACE FUNCTION benchmark.statement_timestamp() RETURNS timestamptz
        LANGUAGE sql STABLE
        AS 'SELECT current_setting(''benchmark.now'')::timestamptz';
"""


class Clock:
    """Seconds since START; everybody sees them once they are set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return what the sandbox takes for the time."""
        return START.timestamp() + self.seconds

    def at(self, seconds: float) -> datetime:
        """Return the moment that is `seconds` after START."""
        return START + timedelta(seconds=seconds)

    def set(self, seconds: float) -> None:
        """Move to `seconds` after START."""
        self.seconds = seconds
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('benchmark.now', %s, false)",
                [self.at(seconds).isoformat()],
            )


@contextmanager
def moved_by_hand() -> Iterator[Clock]:
    """Have the database and django.utils.timezone go by a clock that is moved by hand."""
    clock = Clock()
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        cursor.execute("SET search_path = benchmark, pg_catalog, public")
    clock.set(0)
    try:
        with patch("django.utils.timezone.now", lambda: clock.at(clock.seconds)):
            yield clock
    finally:
        # The next connection has a search path of its own.
        connection.close()
