"""The sample texts: complete in every language, and written once."""

import pytest
from django.conf import settings

from content import actions, queries
from content.models import Page, PageText, TermsText, TermsVersion
from content.samples import PAGES, samples
from tests.content.writing import write_page

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize("name", [*PAGES, "terms"])
def test_every_language_has_the_same_texts_in_the_same_order(name: str) -> None:
    slugs = {
        code: [text.slug for text in samples(name=name) if text.language == code]
        for code in LANGUAGES
    }
    assert slugs["en"]
    assert all(found == slugs["en"] for found in slugs.values())
    assert all(text.title and text.body for text in samples(name=name))


@pytest.mark.django_db
def test_samples_are_written_where_nothing_is_yet() -> None:
    write_page(PAGES[0], "our-privacy", en="Ours")
    assert actions.write_samples() == ["refunds", "faq", "news", "terms"]
    number = Page.objects.count()
    assert actions.write_samples() == []
    assert Page.objects.count() == number
    assert Page.objects.filter(slug="privacy").count() == 0
    assert PageText.objects.filter(page__slug="welcome").count() == len(LANGUAGES)
    assert TermsText.objects.count() == len(LANGUAGES)
    assert queries.terms() is None
    assert actions.publish_terms(version=TermsVersion.objects.get()).number == 1
