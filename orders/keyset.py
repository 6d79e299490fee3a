"""Pages of long lists: each begins where the one before has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

ROWS = 50


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """Some rows, newest first, and the query strings of the pages around them."""

    rows: list[Row]
    status: str
    older: str
    newest: str
    is_first: bool


def read_status(given: Mapping[str, str], known: Mapping[str, Any]) -> str:
    """Return the group of statuses that the address asks for, or "" for all."""
    status = given.get("status", "")
    return status if status in known else ""


def cut(
    found: QuerySet[Row], given: Mapping[str, str], *, status: str = ""
) -> Slice[Row]:
    """Return the rows that follow the number `before` in the address. One query."""
    before = given.get("before", "")
    is_first = not (before.isascii() and before.isdecimal() and len(before) < 19)
    if not is_first:
        found = found.filter(pk__lt=int(before))
    rows = list(found.order_by("-pk")[: ROWS + 1])
    kept = {"status": status} if status else {}
    return Slice(
        rows=rows[:ROWS],
        status=status,
        older=urlencode({**kept, "before": rows[ROWS - 1].pk})
        if len(rows) > ROWS
        else "",
        newest=urlencode(kept),
        is_first=is_first,
    )
