"""Pages of lists that are narrowed by status alone, as their addresses say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

from shop.paging import cut as cut_rows
from shop.paging import row_number

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
    before = row_number(given.get("before"))
    rows, older = cut_rows(found.order_by("-pk"), rows=ROWS, before=before)
    kept = {"status": status} if status else {}
    return Slice(
        rows=rows,
        status=status,
        older=urlencode({**kept, "before": older}) if older else "",
        newest=urlencode(kept),
        is_first=before is None,
    )
