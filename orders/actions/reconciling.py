"""Writing down, day by day, where our books of the providers and theirs stand."""

from django.db import connection, transaction

# One row per provider that we buy from, or have bought from: where its account, its
# orders' charges and its balance stand, less what the rows of earlier days say already.
#
# Both sides are those of the balance's reading: transfers up to it, and no order that
# was accepted after it. Everything is summed anew, as a sum that goes on from an
# earlier one would miss for ever what was committed late.
CLOSE = """
    WITH readings AS (
        SELECT p.id, p.account_id, p.balance, p.balance_at,
               coalesce(p.balance_at, statement_timestamp()) AS until
        FROM provider_provider p
        WHERE p.active OR EXISTS (
            SELECT FROM ledger_transfer t
            WHERE t.source_id = p.account_id OR t.target_id = p.account_id)
    ), moves AS (
        SELECT r.id, t.kind, t.subject, t.amount, t.created_at > r.until AS late
        FROM readings r JOIN ledger_transfer t ON t.target_id = r.account_id
        UNION ALL
        SELECT r.id, t.kind, t.subject, -t.amount, t.created_at > r.until
        FROM readings r JOIN ledger_transfer t ON t.source_id = r.account_id
    ), books AS (
        SELECT id, sum(amount) AS book,
               coalesce(sum(amount) FILTER (WHERE kind = 'provider:funds'), 0) AS funds
        FROM moves WHERE NOT late GROUP BY id
    ), delivered AS (
        SELECT order_id, sum(upstream_charge) AS charge
        FROM orders_delivery WHERE upstream_charge IS NOT NULL GROUP BY order_id
    ), bought AS (
        SELECT o.id, o.provider_id,
               coalesce(o.upstream_charge,
                        CASE WHEN o.finished_at IS NOT NULL THEN d.charge END) AS charge
        FROM orders_order o LEFT JOIN delivered d ON d.order_id = o.id
        WHERE o.submission = 'accepted' AND NOT EXISTS (
            SELECT FROM moves m WHERE m.kind = 'order:cost' AND m.subject = o.id AND m.late)
    ), said AS (
        SELECT provider_id AS id, sum(charge) AS charged FROM bought GROUP BY provider_id
    ), unsaid AS (
        SELECT m.id, -sum(m.amount) AS unnamed
        FROM moves m JOIN bought b ON b.id = m.subject AND b.provider_id = m.id
        WHERE m.kind IN ('order:cost', 'order:cost-correction')
          AND b.charge IS NULL AND NOT m.late
        GROUP BY m.id
    ), earlier AS (
        SELECT provider_id AS id, sum(funds) AS funds, sum(cost) AS cost,
               sum(charged) AS charged, sum(unnamed) AS unnamed
        FROM orders_providerday WHERE date < (statement_timestamp() AT TIME ZONE 'UTC')::date
        GROUP BY provider_id
    )
    INSERT INTO orders_providerday (provider_id, date, book, funds, cost, charged,
                                    unnamed, balance, balance_at, changed_at)
    SELECT id, (statement_timestamp() AT TIME ZONE 'UTC')::date,
           coalesce(b.book, 0),
           coalesce(b.funds, 0) - coalesce(e.funds, 0),
           coalesce(b.funds - b.book, 0) - coalesce(e.cost, 0),
           coalesce(s.charged, 0) - coalesce(e.charged, 0),
           coalesce(u.unnamed, 0) - coalesce(e.unnamed, 0),
           r.balance, r.balance_at, statement_timestamp()
    FROM readings r LEFT JOIN books b USING (id) LEFT JOIN said s USING (id)
    LEFT JOIN unsaid u USING (id) LEFT JOIN earlier e USING (id)
    ON CONFLICT (provider_id, date) DO UPDATE SET
        book = excluded.book, funds = excluded.funds, cost = excluded.cost,
        charged = excluded.charged, unnamed = excluded.unnamed,
        balance = excluded.balance, balance_at = excluded.balance_at,
        changed_at = excluded.changed_at
"""


@transaction.atomic(durable=True)
def close_books() -> int:
    """Write today's row of every provider's books; return how many.

    Today is a day of UTC by the database's clock. One statement, however many providers
    and orders there are; earlier days' rows stay as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLOSE)
        return int(cursor.rowcount)
