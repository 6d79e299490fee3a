"""Pages of long lists: each begins where the one before has ended."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def row_number(text: str | None) -> int | None:
    """Return `text` as the number of a row, None where it cannot be one."""
    text = text or ""
    fits = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if fits else None


def cut(
    found: QuerySet[Row], *, rows: int, before: int | None = None, by: str = "pk"
) -> tuple[list[Row], int | None]:
    """Return the first `rows` of what is found, and after which number the others come.

    None where there are no others. `found` is ordered by the column `by`, newest first;
    of those below `before`, where it is given. One query.
    """
    if before is not None:
        found = found.filter(**{f"{by}__lt": before})
    read = list(found[: rows + 1])
    older: int | None = getattr(read[rows - 1], by) if len(read) > rows else None
    return read[:rows], older
