"""Telling customers of the shop's news."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from content.enums import PageKind
from content.models import Page
from notices.models import Notice
from shop.actions import tell_news
from tests.content.writing import write_page
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def told() -> list[tuple[str, str, str, str]]:
    rows = Notice.objects.order_by("user__email")
    return list(rows.values_list("user__email", "subject", "text", "url"))


def test_news_is_told_once_to_everybody_in_their_language() -> None:
    make_customer("alice@example.com")
    make_customer("bora@example.com", language="ko")
    make_customer("closed@example.com", is_active=False)
    write_page(PageKind.NEWS, "faster", en="Faster", ko="더 빠르게")

    assert [tell_news() for _run in range(2)] == [1, 0]

    assert told() == [
        ("alice@example.com", "Faster", "Faster, in short.", "/news/faster/"),
        ("bora@example.com", "더 빠르게", "더 빠르게, in short.", "/news/faster/"),
    ]


def test_a_crash_before_the_end_tells_nobody_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_customer("alice@example.com")
    write_page(PageKind.NEWS, "faster")
    monkeypatch.setattr("content.actions.note_told", lambda slug: None)
    tell_news()
    monkeypatch.undo()

    assert tell_news() == 1

    assert len(told()) == 1
    assert Page.objects.get().told_at is not None


@pytest.mark.parametrize("kind", [PageKind.PAGE, PageKind.FAQ])
def test_other_pages_are_no_news(kind: PageKind) -> None:
    make_customer()
    write_page(kind)

    assert (tell_news(), told()) == (0, [])


def test_drafts_and_what_came_out_long_ago_are_not_told() -> None:
    make_customer()
    write_page(PageKind.NEWS, "draft", published=False)
    write_page(PageKind.NEWS, "old")
    Page.objects.filter(slug="old").update(published_at=Now() - timedelta(days=3))

    assert (tell_news(), told()) == (0, [])
