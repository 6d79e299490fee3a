"""What must hold in the ledger, asked of the rows themselves."""

from collections.abc import Iterator

from django.db import connection

BALANCE_IS_NOT_THE_SUM = """
    SELECT account.id, account.balance, coalesce(sums.total, 0)
    FROM ledger_account account
    LEFT JOIN (
        SELECT account_id, sum(amount) AS total FROM (
            SELECT target_id AS account_id, amount FROM ledger_transfer
            UNION ALL
            SELECT source_id, -amount FROM ledger_transfer
        ) AS sides GROUP BY account_id
    ) AS sums ON sums.account_id = account.id
    WHERE account.balance IS NOT NULL
      AND account.balance <> coalesce(sums.total, 0)
"""
# For each customer's account the rows in order of their ids: each balance_after is the
# one before it plus the signed amount.
CHAIN_IS_BROKEN = """
    SELECT id, account_id FROM (
        SELECT id, account_id, after, change,
               lag(after, 1, 0) OVER (PARTITION BY account_id ORDER BY id) AS before
        FROM (
            SELECT transfer.id, source_id AS account_id,
                   source_balance_after AS after, -amount AS change
            FROM ledger_transfer transfer
            JOIN ledger_account account ON account.id = source_id
            WHERE account.balance IS NOT NULL
            UNION ALL
            SELECT transfer.id, target_id, target_balance_after, amount
            FROM ledger_transfer transfer
            JOIN ledger_account account ON account.id = target_id
            WHERE account.balance IS NOT NULL
        ) AS sides
    ) AS chain
    WHERE after IS NULL OR after <> before + change
"""


def broken() -> Iterator[str]:
    """Yield one line for each promise of the ledger that its rows break."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCE_IS_NOT_THE_SUM)
        for account, balance, total in cursor.fetchall():
            yield f"account {account}: balance {balance}, but its transfers sum to {total}"
        cursor.execute(CHAIN_IS_BROKEN)
        for transfer, account in cursor.fetchall():
            yield f"transfer {transfer}: does not continue the balance of account {account}"
