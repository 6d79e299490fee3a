"""A customer's years in the shop, written by SQL: orders, their money, refills."""

from django.db import connection

from accounts.models import User
from ledger import actions as ledger
from ledger.enums import AccountKind
from ledger.models import Account
from provider.actions import add_provider
from provider.models import Provider

SERVICES = 10_000
PRICE = 2
CREDIT = 10_000_000

# One in ten ended in part, one in fifty was canceled, one in a hundred is under way; one
# in twenty is a drip-feed. Ten an hour, until now.
_ORDERS = """
INSERT INTO orders_order (
    customer_id, service_id, source, request_digest, type, link, reference, quantity,
    runs, interval, fields, units, price, charge, refunded, status, submission,
    provider_id, upstream_id, remains, held_for, holds, next_at, misses, errors, flag_reason,
    created_at, changed_at, finished_at)
SELECT
    %(customer)s, (%(services)s)[1 + n %% cardinality(%(services)s)], 'web', '',
    'default', 'https://example.com/film/' || n,
    CASE WHEN n %% 1000 = 0 THEN 'Spring campaign' ELSE '' END, 1000,
    CASE WHEN n %% 20 = 0 THEN 5 END, CASE WHEN n %% 20 = 0 THEN 60 END, '{}',
    CASE WHEN n %% 20 = 0 THEN 5000 ELSE 1000 END, 2, 2,
    CASE fate WHEN 'partial' THEN 0.6 WHEN 'canceled' THEN 2 ELSE 0 END,
    fate, 'accepted', %(provider)s, %(customer)s || '-' || n, CASE fate WHEN 'partial' THEN 300 END, '', 0,
    CASE WHEN fate = 'in_progress' THEN now() + interval '1 hour' END, 0, 0, '',
    created_at, created_at, CASE WHEN fate <> 'in_progress' THEN created_at END
FROM (
    SELECT n, now() - make_interval(secs => (%(orders)s - n) * 360.0) AS created_at,
        CASE WHEN n %% 100 = 1 THEN 'in_progress' WHEN n %% 10 = 2 THEN 'partial'
             WHEN n %% 50 = 3 THEN 'canceled' ELSE 'completed' END AS fate
    FROM generate_series(1, %(orders)s::bigint) AS n
) AS fates
"""
_EVENTS = """
INSERT INTO orders_orderevent (
    order_id, old_status, new_status, old_submission, new_submission, reason, refunded,
    created_at)
SELECT id, '', 'pending', '', 'queued', 'ordered (web)', 0, created_at
FROM orders_order WHERE customer_id = %(customer)s
UNION ALL
SELECT id, 'pending', status, 'accepted', 'accepted', 'status', refunded, changed_at
FROM orders_order WHERE customer_id = %(customer)s AND status <> 'in_progress'
"""
_CHARGES = """
INSERT INTO ledger_transfer (
    source_id, target_id, currency, amount, kind, subject, bucket, no,
    source_balance_after, note, created_at)
SELECT %(purse)s, %(sales)s, 'USD', charge, 'order:charge', id, 'paid', 1,
    1000000, '', created_at
FROM orders_order WHERE customer_id = %(customer)s ORDER BY id
"""
_REFUNDS = """
INSERT INTO ledger_transfer (
    source_id, target_id, currency, amount, kind, subject, bucket, no,
    target_balance_after, note, created_at)
SELECT %(sales)s, %(purse)s, 'USD', refunded, 'order:refund', id, 'paid', 1,
    1000000, '', changed_at
FROM orders_order WHERE customer_id = %(customer)s AND refunded > 0 ORDER BY id
"""
_REFILLS = """
INSERT INTO orders_orderrequest (
    order_id, kind, state, status, upstream_id, error, misses, created_at, closed_at)
SELECT id, 'refill', 'accepted', 'completed', id::text, '', 0, created_at, created_at
FROM orders_order
WHERE customer_id = %(customer)s AND status = 'completed' AND id %% 50 = 0
"""


def live_for_years(customer: User, *, orders: int) -> None:
    """Let the customer have ordered so often, ten times an hour, until now.

    Foreign keys and triggers are not run, for speed; all other constraints are.
    """
    ledger.credit(customer=customer, amount=CREDIT, subject=customer.pk, by=None)
    purse = Account.objects.get(customer=customer, kind=AccountKind.PAID)
    sales, _made = Account.objects.get_or_create(kind=AccountKind.SALES, currency="USD")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(id) FROM (SELECT id FROM provider_service "
            "WHERE active AND type = 'default' ORDER BY id LIMIT 500) AS chosen"
        )
        values = {
            "customer": customer.pk,
            "services": cursor.fetchone()[0],
            "provider": _provider().pk,
            "orders": orders,
            "purse": purse.pk,
            "sales": sales.pk,
        }
        cursor.execute("SET session_replication_role = replica")
        for sql in (_ORDERS, _EVENTS, _CHARGES, _REFUNDS, _REFILLS):
            cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def _provider() -> Provider:
    """Return who delivered all of it; nobody is called."""
    known = Provider.objects.filter(name="Years").first()
    return known or add_provider(
        name="Years", url="http://127.0.0.1:9/api/v2", key="practice", currency="USD"
    )
