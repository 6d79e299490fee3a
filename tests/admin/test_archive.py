"""The archive in the admin: what was asked, and what came, word for word."""

import pytest

from provider.models import Reply
from shop.admin import page_of
from tests.admin.acting import log_in, text_of
from tests.factories import make_admin, make_provider

pytestmark = pytest.mark.django_db


def show_reply(**fields: str) -> str:
    reply = Reply.objects.create(
        provider=make_provider(), action="add", http_status=200, duration=5, **fields
    )
    return text_of(log_in(make_admin()).get(page_of(reply)))


def test_a_reply_shows_what_was_asked_field_by_field() -> None:
    page = show_reply(asked="service=7&link=https%3A%2F%2Fa.example%2F%3Cb%3E")

    assert "service=7\nlink=https://a.example/&lt;b&gt;</pre>" in page


def test_what_upstream_wrote_is_shown_and_not_run() -> None:
    assert "&lt;script&gt;</pre>" in show_reply(body="<script>")


def test_where_nothing_is_known_nothing_is_shown() -> None:
    assert "<pre" not in show_reply()
