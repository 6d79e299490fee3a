"""A million orders, made by the database itself, for measuring how they are found."""

from django.db import connection

from benchmarks.furnishing import a_service, add_customers
from provider.models import Provider

CUSTOMERS = 100

# Every order keeps all constraints. The open ones lie evenly among the finished, which
# is harder than in a shop, where they lie together at the end. Of 100 open ones 93 are
# upstream, 4 queued, and 1 each is being sent, held and unknown; half of what is
# upstream, and all of the rest, is due.
_FILL = """
INSERT INTO orders_order (
    customer_id, service_id, source, request_digest, type, link, quantity, fields,
    units, price, charge, refunded, status, submission, provider_id, upstream_id,
    remains, held_for, holds, next_at, misses, errors, flagged_at, flag_reason,
    created_at, changed_at, finished_at)
SELECT
    (%(customers)s)[1 + n %% cardinality(%(customers)s)], %(service)s, 'web', '',
    'default', 'https://example.com/film/' || n, 1000, '{}',
    1000, 2, 2, CASE WHEN ended = 'partial' THEN 0.6 ELSE 0 END,
    coalesce(ended, CASE WHEN submission = 'accepted' THEN 'in_progress'
                         ELSE 'pending' END),
    submission,
    CASE WHEN submission = 'accepted'
         THEN (%(providers)s)[1 + place %% cardinality(%(providers)s)] END,
    CASE WHEN submission = 'accepted' THEN n::text END,
    CASE WHEN ended = 'partial' THEN 300 END,
    CASE WHEN submission = 'held' THEN 'funds' ELSE '' END, 0,
    CASE WHEN ended IS NULL
         THEN now() + make_interval(secs => CASE WHEN submission = 'accepted'
                                                 THEN random() * 1800 - 900
                                                 ELSE -random() * 60 END) END,
    0, 0,
    CASE WHEN submission = 'unknown' THEN now() END,
    CASE WHEN submission = 'unknown' THEN 'unknown whether it was accepted' ELSE '' END,
    created_at, created_at + interval '1 hour',
    CASE WHEN ended IS NOT NULL THEN created_at + interval '5 hours' END
FROM (
    SELECT n, place, CASE WHEN NOT is_open THEN CASE WHEN n %% 10 = 0 THEN 'partial'
                                              ELSE 'completed' END END AS ended,
        CASE WHEN NOT is_open THEN 'accepted'
             ELSE (array['queued', 'queued', 'queued', 'queued', 'sending', 'held',
                         'unknown'])[1 + place %% 100] END AS sent,
        now() - make_interval(secs => (%(total)s - n) * 20.0) AS created_at
    FROM (
        SELECT n, n * %(open)s / %(total)s AS place,
               n * %(open)s / %(total)s <> (n - 1) * %(open)s / %(total)s AS is_open
        FROM generate_series(1, %(total)s::bigint) AS n
    ) AS numbers
) AS fates, LATERAL (SELECT coalesce(sent, 'accepted') AS submission) AS chosen
"""


def fill(providers: list[Provider], *, total: int, is_open: int) -> None:
    """Make `total` orders, `is_open` of them open, and none besides.

    Money is left out: no transfers, attempts or events, which these queries do not read.
    Foreign keys are not checked for speed; all other constraints are.
    """
    customers = [customer.pk for customer in add_customers(CUSTOMERS)]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE orders_order CASCADE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            _FILL,
            {
                "customers": customers,
                "service": a_service(providers[0]).pk,
                "providers": [provider.pk for provider in providers],
                "total": total,
                "open": is_open,
            },
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE orders_order")
