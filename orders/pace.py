"""When an order is asked about again: pure functions of the database's time."""

from datetime import datetime, timedelta

from django.conf import settings

# An order that has not moved for a time is asked about again after a fifth of it.
PATIENCE = 5
# What has ended is read again an hour later, then ever more rarely, at least daily.
FIRST_REREAD = timedelta(hours=1)
LONGEST_REREAD = timedelta(hours=24)


def interval(changed_at: datetime, *, at: datetime) -> float:
    """Return in how many seconds something open is asked about again.

    The longer nothing has moved, the later, between the shortest interval and the
    longest.
    """
    idle = (at - changed_at).total_seconds()
    return min(
        max(idle / PATIENCE, settings.TRACK_INTERVAL), settings.TRACK_INTERVAL_MAX
    )


def reread(finished_at: datetime | None, *, at: datetime) -> float | None:
    """Return in how many seconds something ended is read again, or None: never more.

    One hour after its end, then doubling up to a day, for REREAD_DAYS. `finished_at` is
    None for what is only just ending.
    """
    age = max(at - (finished_at or at), timedelta(0))
    wait = min(FIRST_REREAD + age, LONGEST_REREAD)
    if age + wait > timedelta(days=settings.REREAD_DAYS):
        return None
    return wait.total_seconds()
