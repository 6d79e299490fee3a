"""What must hold between orders and their money, asked of the rows themselves."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

# Each query returns (order, what was found) for a promise that is broken.
PROMISES = {
    # I3: an order has exactly its charge, from one bucket or two.
    "is not charged exactly once": """
        SELECT o.id, concat('charge ', o.charge, ', transfers ', coalesce(t.total, 0))
        FROM orders_order o
        LEFT JOIN (SELECT subject, sum(amount) AS total FROM ledger_transfer
                   WHERE kind = 'order:charge' GROUP BY subject) t ON t.subject = o.id
        WHERE coalesce(t.total, 0) <> o.charge
    """,
    "is charged but does not exist": """
        SELECT t.subject, concat(t.kind, ' ', t.amount) FROM ledger_transfer t
        WHERE t.kind IN ('order:charge', 'order:refund')
          AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = t.subject)
    """,
    # I4: what is said to be refunded was booked, and never more than the charge.
    "does not show what was refunded": """
        SELECT o.id, concat('refunded ', o.refunded, ', transfers ', coalesce(t.total, 0))
        FROM orders_order o
        LEFT JOIN (SELECT subject, sum(amount) AS total FROM ledger_transfer
                   WHERE kind = 'order:refund' GROUP BY subject) t ON t.subject = o.id
        WHERE coalesce(t.total, 0) <> o.refunded OR o.refunded > o.charge
    """,
    # I4: where upstream delivered in parts, what all of them left undone went back.
    # Not while it is being asked about, nor where staff look at it or have settled it.
    "does not agree with what its parts brought": """
        SELECT id, concat('refunded ', refunded, ', due ', due) FROM (
          SELECT o.id, o.refunded, greatest(o.charge - shop_round_up(
              o.charge::numeric(60, 30) * least(sum(d.delivered), o.units) / o.units,
              %(step)s), 0) AS due
          FROM orders_order o
          JOIN orders_delivery d ON d.order_id = o.id
          JOIN provider_provider p ON p.id = o.provider_id
          WHERE o.finished_at IS NOT NULL AND o.flagged_at IS NULL
            AND (o.next_at IS NULL OR o.next_at > now())
            AND (p.tracked_until IS NULL OR p.tracked_until < now())
            AND NOT EXISTS (SELECT FROM orders_orderevent e WHERE e.order_id = o.id
                            AND e.refunded > 0 AND e.by_id IS NOT NULL)
          GROUP BY o.id HAVING count(*) = count(d.delivered)
        ) AS ended WHERE refunded <> due
    """,
    "shares its number with a part": """
        SELECT o.id, concat('part of ', d.order_id) FROM orders_order o
        JOIN orders_delivery d ON d.id = o.id
    """,
    # I7: as far as our own book can tell.
    "was accepted more than once": """
        SELECT order_id, concat(count(*), ' attempts with an id')
        FROM orders_attempt WHERE upstream_id IS NOT NULL
        GROUP BY order_id HAVING count(*) > 1
    """,
    # I9: an open order is flagged, or looked at again within the longest interval.
    "is not looked after": """
        SELECT id, concat('next at ', next_at) FROM orders_order
        WHERE status IN ('pending', 'processing', 'in_progress', 'paused')
          AND flagged_at IS NULL
          AND (next_at IS NULL OR next_at > now() + make_interval(secs => %(longest)s))
    """,
    "has an accepted attempt that is not its own": """
        SELECT o.id, concat('order ', o.upstream_id, ', attempt ', a.upstream_id)
        FROM orders_order o JOIN orders_attempt a
          ON a.order_id = o.id AND a.outcome = 'accepted'
        WHERE o.submission = 'accepted' AND o.flagged_at IS NULL
          AND (o.upstream_id <> a.upstream_id OR o.provider_id <> a.provider_id)
    """,
}


def broken() -> Iterator[str]:
    """Yield one line for each order that breaks a promise."""
    longest = max(settings.TRACK_INTERVAL_MAX, settings.VISIBILITY_TIMEOUT, 3600) + 60
    with connection.cursor() as cursor:
        for promise, query in PROMISES.items():
            cursor.execute(query, {"longest": longest, "step": settings.PRICE_STEP})
            for order_id, finding in cursor.fetchall():
                yield f"order {order_id}: {promise} ({finding})"
