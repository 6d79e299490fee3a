"""Owners write pages and terms, look at them, and publish them."""

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from content.enums import PageKind
from content.models import Operator, Page, TermsVersion
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, press, save, text_of
from tests.content.writing import draft_terms, publish_terms, write_page
from tests.factories import make_admin

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def test_a_page_is_written_in_two_languages_and_stands_in_the_footer(
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    texts = {
        "texts-TOTAL_FORMS": "2",
        "texts-INITIAL_FORMS": "0",
        "texts-0-language": "en",
        "texts-0-title": "About us",
        "texts-0-body": "We are **few**.",
        "texts-1-language": "ko",
        "texts-1-title": "소개",
        "texts-1-body": "소수입니다.",
    }
    page = {
        "kind": "page",
        "slug": "about",
        "position": "1",
        "published_at_0": "2026-01-01",
        "published_at_1": "00:00",
    }
    assert "About us" not in text_of(Client().get("/services/"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{list_of(Page)}add/", {**page, **texts})
    row = Page.objects.get()
    assert sorted(row.texts.values_list("language", flat=True)) == ["en", "ko"]
    assert "About us" in text_of(Client().get("/services/"))
    assert "소수입니다" in text_of(Client().get("/pages/about/?lang=ko"))
    assert row.get_absolute_url() in text_of(client.get(page_of(row)))


@pytest.mark.parametrize(
    ("slug", "kind", "why"),
    [
        ("terms", "page", "versions of their own"),
        ("Two words", "page", "hyphens"),
        ("other", "privacy", "There is one already."),
    ],
)
def test_an_address_that_is_taken_or_none_is_refused_with_a_reason(
    client: Client, slug: str, kind: str, why: str
) -> None:
    write_page(PageKind.PRIVACY, "privacy")
    page = write_page(slug="about")
    assert why in text_of(save(client, page, slug=slug, kind=kind))
    page.refresh_from_db()
    assert page.slug == "about"


def test_terms_are_published_by_a_button_and_then_fixed(client: Client) -> None:
    draft = draft_terms()
    assert "Version 1 is in force" in text_of(press(client, draft, "publish"))
    draft.refresh_from_db()
    assert draft.number == 1
    page = client.get(page_of(draft))
    assert 'name="material"' not in text_of(page)
    assert "published already" in text_of(press(client, draft, "publish"))
    delete = page_of(draft).replace("/change/", "/delete/")
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert TermsVersion.objects.count() == 1


def test_terms_that_lack_the_first_language_are_not_published(client: Client) -> None:
    draft = draft_terms(ko="정직하게.")
    assert "first language" in text_of(press(client, draft, "publish"))
    draft.refresh_from_db()
    assert draft.number is None


def test_published_words_are_shown_and_have_no_fields(client: Client) -> None:
    page = text_of(client.get(page_of(publish_terms())))
    assert "Be honest." in page
    assert "<textarea" not in page


def test_there_is_one_operator_to_write(client: Client) -> None:
    client.post(f"{list_of(Operator)}add/", {"name": "Magpie Ltd"})
    assert Operator.objects.get().name == "Magpie Ltd"
    assert client.get(f"{list_of(Operator)}add/").status_code == 403
