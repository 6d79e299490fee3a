"""Reading on where somebody stopped, in tables to which rows are only added."""

from datetime import timedelta
from typing import TypeVar

from django.db import connection
from django.db.models import Max, Min, Model, QuerySet
from django.db.models.functions import Now

from notices.models import Bookmark

Row = TypeVar("Row", bound=Model)


def read_on(*, name: str, rows: QuerySet[Row], settled: timedelta) -> QuerySet[Row]:
    """Return the rows that nobody has read under this name, and move the bookmark.

    A number is drawn before its row is committed, and rows become visible out of order:
    nothing is read from the first row on that is younger than `settled`, which is longer
    than any transaction that writes such rows. Who reads for the first time begins at
    the end. `rows` have `id` and `created_at`. Inside the caller's transaction, which
    does what follows from them.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A bookmark moves in the transaction of what follows.")
    mark = Bookmark.objects.select_for_update().filter(name=name).first()
    if mark is None:
        end = rows.aggregate(end=Max("id"))["end"] or 0
        Bookmark.objects.create(name=name, position=end)
        return rows.none()
    new = rows.filter(id__gt=mark.position)
    young = new.filter(created_at__gt=Now() - settled).aggregate(first=Min("id"))
    if young["first"] is not None:
        new = new.filter(id__lt=young["first"])
    end = new.aggregate(end=Max("id"))["end"]
    if end is None:
        return rows.none()
    Bookmark.objects.filter(name=name).update(position=end)
    return new.filter(id__lte=end)
