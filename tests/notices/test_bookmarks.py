"""Reading on: every row once, whatever order they become visible in."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from notices import actions
from notices.models import Bookmark, Notice

pytestmark = pytest.mark.django_db(transaction=True)

SETTLED = timedelta(minutes=5)


def write(*keys: str, age: timedelta = timedelta(hours=1)) -> None:
    for key in keys:
        actions.tell_staff(key=key, subject=key)
    Notice.objects.filter(key__in=keys).update(created_at=F("created_at") - age)


def read() -> list[str]:
    with transaction.atomic():
        rows = actions.read_on(name="x", rows=Notice.objects.all(), settled=SETTLED)
        return list(rows.order_by("id").values_list("key", flat=True))


def test_who_reads_for_the_first_time_begins_at_the_end() -> None:
    write("a", "b")

    assert read() == []
    write("c")
    assert read() == ["c"]
    assert read() == []


def test_what_is_too_young_is_read_later_with_all_behind_it() -> None:
    read()
    write("a")
    write("young", age=timedelta())
    write("b")

    assert read() == ["a"]

    Notice.objects.update(created_at=F("created_at") - SETTLED)
    assert read() == ["young", "b"]


def test_a_bookmark_moves_with_what_follows_or_not_at_all() -> None:
    read()
    write("a")

    def crash() -> None:
        with transaction.atomic():
            actions.read_on(name="x", rows=Notice.objects.all(), settled=SETTLED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    assert read() == ["a"]
    with pytest.raises(RuntimeError):
        actions.read_on(name="x", rows=Notice.objects.all(), settled=SETTLED)


def test_readers_do_not_share_a_bookmark() -> None:
    read()
    write("a")
    with transaction.atomic():
        actions.read_on(name="y", rows=Notice.objects.all(), settled=SETTLED)

    assert read() == ["a"]
    assert {str(mark).split(":")[0] for mark in Bookmark.objects.all()} == {"x", "y"}
