"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from accounts.models import User
from payments.models import TopUp
from payments.queries import top_ups_of
from shop.money import plain
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return the customer's payments, newest first."""
    yield Sheet(
        "payments",
        [
            *("number", "time", "gateway", "reference", "amount", "fee", "bonus"),
            *("currency", "state", "paid_at", "refunded", "address"),
        ],
        map(_row, top_ups_of(customer=user).iterator(chunk_size=500)),
    )


def _row(row: TopUp) -> list[object]:
    return [
        row.pk,
        row.created_at,
        row.gateway,
        row.reference,
        plain(row.amount),
        plain(row.fee),
        plain(row.bonus),
        row.currency,
        row.state,
        row.paid_at,
        plain(row.refunded),
        row.address,
    ]
