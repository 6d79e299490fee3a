"""What must hold between payments and their money, asked of the rows themselves."""

from collections.abc import Iterator

from django.db import connection

# Each query returns (top-up, what was found) for a promise that is broken.
PROMISES = {
    # I15: credited exactly once, exactly the amount, and only where it was paid.
    "is not credited exactly once": """
        SELECT p.id, concat('amount ', p.amount, ', transfers ', coalesce(t.total, 0))
        FROM payments_topup p
        LEFT JOIN (SELECT subject, sum(amount) AS total FROM ledger_transfer
                   WHERE kind = 'topup:credit' GROUP BY subject) t ON t.subject = p.id
        WHERE coalesce(t.total, 0)
              <> CASE WHEN p.paid_at IS NULL THEN 0 ELSE p.amount END
    """,
    "has not its bonus": """
        SELECT p.id, concat('bonus ', p.bonus, ', transfers ', coalesce(t.total, 0))
        FROM payments_topup p
        LEFT JOIN (SELECT subject, sum(amount) AS total FROM ledger_transfer
                   WHERE kind = 'topup:bonus' GROUP BY subject) t ON t.subject = p.id
        WHERE coalesce(t.total, 0)
              <> CASE WHEN p.paid_at IS NULL THEN 0 ELSE p.bonus END
    """,
    "is credited but does not exist": """
        SELECT t.subject, concat(t.kind, ' ', t.amount) FROM ledger_transfer t
        WHERE t.kind LIKE 'topup:%'
          AND NOT EXISTS (SELECT FROM payments_topup p WHERE p.id = t.subject)
    """,
    # I17: what is taken back is what the facts ask for, and what the ledger says.
    "does not show what was taken back": """
        SELECT p.id, concat('taken ', p.taken, ' and ', p.bonus_taken, ', transfers ',
                            coalesce(t.paid, 0), ' and ', coalesce(t.bonus, 0))
        FROM payments_topup p
        LEFT JOIN (
            SELECT subject,
                   sum(CASE kind WHEN 'topup:refund' THEN amount
                                 WHEN 'topup:dispute' THEN amount
                                 WHEN 'topup:returned' THEN -amount ELSE 0 END) AS paid,
                   sum(CASE kind WHEN 'topup:bonus-back' THEN amount
                                 WHEN 'topup:bonus-again' THEN -amount ELSE 0 END) AS bonus
            FROM ledger_transfer WHERE kind LIKE 'topup:%' GROUP BY subject
        ) t ON t.subject = p.id
        WHERE (p.taken, p.bonus_taken)
              IS DISTINCT FROM (coalesce(t.paid, 0), coalesce(t.bonus, 0))
    """,
    "has not what its refunds and disputes ask for": """
        SELECT id, concat('taken ', taken, ', refunded ', refunded, ', dispute ', dispute)
        FROM payments_topup
        WHERE paid_at IS NOT NULL
          AND taken <> least(amount, greatest(refunded, promised) + CASE
                WHEN dispute NOT IN ('open', 'lost') THEN 0
                WHEN disputed = 0 THEN amount + fee ELSE disputed END)
    """,
}


def broken() -> Iterator[str]:
    """Yield one line for each promise about payments that a row breaks."""
    with connection.cursor() as cursor:
        for promise, query in PROMISES.items():
            cursor.execute(query)
            for top_up, found in cursor.fetchall():
                yield f"top-up {top_up} {promise}: {found}"
