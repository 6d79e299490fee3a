"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from accounts.models import User
from ledger.models import Transfer
from ledger.queries import statement
from shop.money import plain
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return the customer's transfers, newest first, in the shop's currency."""
    yield Sheet(
        "transfers",
        ["number", "time", "kind", "subject", "change", "currency", "after", "note"],
        (_row(row, user) for row in statement(customer=user).iterator(chunk_size=500)),
    )


def _row(row: Transfer, user: User) -> list[object]:
    came = row.source.customer_id != user.pk
    after = row.target_balance_after if came else row.source_balance_after
    return [
        row.pk,
        row.created_at,
        row.kind,
        row.subject,
        plain(row.amount if came else -row.amount),
        row.currency,
        "" if after is None else plain(after),
        row.note,
    ]
