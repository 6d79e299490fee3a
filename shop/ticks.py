"""One run per period, however many schedulers ring."""

from django.db import connection


def take(name: str, every: float) -> bool:
    """Return True to exactly one caller per `every` seconds of the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO shop_tick (name, last_at) VALUES (%s, now())
            ON CONFLICT (name) DO UPDATE SET last_at = now()
            WHERE shop_tick.last_at <= now() - make_interval(secs => %s)
            RETURNING name
            """,
            # A tenth of leeway: beat's period and the row's must not beat against
            # each other and skip every second run.
            [name, every * 0.9],
        )
        return cursor.fetchone() is not None


def release(name: str) -> None:
    """Let the next caller have `name` at once: what it was taken for is done."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM shop_tick WHERE name = %s", [name])
