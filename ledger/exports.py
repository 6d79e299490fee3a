"""What this room knows of somebody, for their own eyes."""

from collections.abc import Iterator

from accounts.models import User
from ledger.statements import Line, all_lines
from ledger.wanted import Wanted
from shop.money import plain
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return the customer's transfers as their statement lists them, newest first."""
    yield Sheet(
        "transfers",
        [
            *("number", "time", "kind", "subject", "change", "currency", "after"),
            *("balance", "note"),
        ],
        map(_row, all_lines(customer=user, wanted=Wanted())),
    )


def _row(line: Line) -> list[object]:
    return [
        line.number,
        line.at,
        line.kind.value,
        line.subject,
        plain(line.change),
        line.currency,
        "" if line.after is None else plain(line.after),
        line.bucket.value,
        line.note,
    ]
