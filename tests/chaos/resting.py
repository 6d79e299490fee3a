"""Healing everything, and waiting until nothing moves by itself any more."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error, connection

from tests.chaos.processes import Stage
from tests.chaos.storm import Blow

# Placed, and nobody has tried to send it yet.
UNTRIED = """
    SELECT min(o.id) FROM orders_order o
    WHERE o.submission = 'queued' AND o.flagged_at IS NULL
      AND NOT EXISTS (SELECT FROM orders_attempt a WHERE a.order_id = o.id)
"""
# Neither ended nor flagged; what is held waits for its time, if that is far off.
RESTLESS = """
    SELECT count(*) FROM orders_order
    WHERE status IN ('pending', 'processing', 'in_progress', 'paused')
      AND flagged_at IS NULL AND NOT (submission = 'held' AND %s)
"""
# Unknown at a provider that would tell: to be settled by asking it.
UNASKED = """
    SELECT count(*) FROM orders_order o WHERE o.submission = 'unknown' AND EXISTS (
        SELECT FROM orders_attempt a JOIN provider_provider p ON p.id = a.provider_id
        WHERE a.order_id = o.id AND p.request_ids)
"""
# So long nothing came of asking: the rest cannot be told.
ASKING_SECONDS = 30.0


@dataclass
class Backlog:
    """How long after each blow all orders placed before it had been sent at least once."""

    drained: dict[Blow, float] = field(default_factory=dict)

    def look(self, blows: list[Blow]) -> None:
        """Look once; a database that is away just now is looked at the next time."""
        waiting = [blow for blow in blows if blow not in self.drained]
        if not waiting:
            return
        try:
            first = _number(UNTRIED)
        except Error:
            connection.close()
            return
        for blow in waiting:
            if first is None or first > blow.newest:
                self.drained[blow] = (datetime.now(UTC) - blow.at).total_seconds()


def heal(stage: Stage) -> list[str]:
    """Switch all faults off; resume providers that were paused, as staff would do."""
    for sandbox in stage.sandboxes:
        sandbox.plan("")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE provider_provider SET paused_at = NULL, pause_reason = '',
                pause_heals = false
            WHERE paused_at IS NOT NULL RETURNING name
            """
        )
        return [row[0] for row in cursor.fetchall()]


def wait_for_rest(stage: Stage, *, patience: float) -> tuple[int, float]:
    """Return how many orders never came to rest, and how long it took, in seconds."""
    started = since = time.monotonic()
    far_off = not hasattr(settings, "HELD_WAITS")
    fewest = _number(UNASKED) or 0

    def is_at_rest() -> bool:
        nonlocal since, fewest
        unasked = _number(UNASKED) or 0
        if unasked < fewest:
            since, fewest = time.monotonic(), unasked
        asking = time.monotonic() < since + ASKING_SECONDS
        # An answer may set an order going again, so both are looked at together.
        return not _number(RESTLESS, far_off) and not (asking and unasked)

    stage.wait_for(is_at_rest, patience)
    return _number(RESTLESS, far_off) or 0, time.monotonic() - started


def _number(query: str, *values: bool) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        row: tuple[int | None] = cursor.fetchone()
        return row[0]
