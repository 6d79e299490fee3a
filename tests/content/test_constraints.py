"""What the database refuses of what owners write."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from content.models import (
    Acceptance,
    Operator,
    Page,
    PageText,
    TermsText,
    TermsVersion,
)
from tests.content.writing import draft_terms, write_page
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def assert_refused(name: str, model: Any, **values: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.create(**values)


def test_a_page_is_of_a_known_kind_at_an_address_of_its_own() -> None:
    assert_refused("page_kind_known", Page, kind="other", slug="a")
    assert_refused("page_slug_is_an_address", Page, kind="page", slug="A b")
    assert_refused(
        "page_slug_is_not_that_of_the_terms", Page, kind="page", slug="terms"
    )
    write_page(slug="a")
    assert_refused("slug", Page, kind="news", slug="a")


@pytest.mark.parametrize("kind", ["privacy", "refunds"])
def test_of_some_pages_there_is_one(kind: str) -> None:
    Page.objects.create(kind=kind, slug="a")
    assert_refused("page_one_of_its_kind", Page, kind=kind, slug="b")


def test_a_text_has_a_title_and_a_language_of_its_own() -> None:
    page = write_page(en="About")
    text = {"page": page, "body": "…"}
    assert_refused("page_text_has_title", PageText, **text, language="ko", title="")
    assert_refused(
        "page_text_one_per_language", PageText, **text, language="en", title="Us"
    )


def test_terms_are_a_draft_or_published_as_a_whole() -> None:
    for half in (
        {"number": 1},
        {"published_at": timezone.now()},
        {"digest": "0" * 64},
        {"number": 1, "published_at": timezone.now(), "digest": "short"},
        {"number": 0, "published_at": timezone.now(), "digest": "0" * 64},
    ):
        assert_refused("terms_draft_or_published", TermsVersion, **half)


def test_the_first_terms_matter_and_numbers_are_given_once() -> None:
    whole = {"number": 1, "published_at": timezone.now(), "digest": "0" * 64}
    assert_refused("terms_first_version_matters", TermsVersion, **whole, material=False)
    TermsVersion.objects.create(**whole)
    assert_refused("number", TermsVersion, **whole)


def test_the_words_of_terms_say_something_once_in_a_language() -> None:
    text = {"version": draft_terms(en="Be honest."), "title": "Terms"}
    assert_refused("says_something", TermsText, **text, language="ko", body="")
    assert_refused("one_per_language", TermsText, **text, language="en", body="Again.")


def test_terms_are_accepted_in_doing_something() -> None:
    row = {"user": make_customer(), "version": draft_terms()}
    assert_refused("terms_accepted_somewhere", Acceptance, **row, where="dream")


def test_there_is_one_operator_who_stays() -> None:
    Operator.objects.create(name="Magpie Ltd")
    with pytest.raises(IntegrityError, match="operator_is_one"), transaction.atomic():
        Operator.objects.bulk_create([Operator(pk=2, name="Another")])
    with pytest.raises(TypeError):
        Operator.objects.get().delete()
