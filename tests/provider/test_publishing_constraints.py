"""What the database itself refuses of acceptances, mappings, rules and translations."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from orders.models import StoppedLink
from provider.models import (
    Acceptance,
    Category,
    CategoryMapping,
    NameRule,
    RefusedText,
    Translation,
)
from tests.factories import make_admin, make_service

pytestmark = pytest.mark.django_db


def rows() -> dict[type, dict[str, Any]]:
    """Return good rows by their tables."""
    service = make_service()
    return {
        Acceptance: {"service": service, "statement": "Why", "by": make_admin()},
        CategoryMapping: {"upstream_name": "Movies", "category": service.category},
        NameRule: {"step": "strip", "text": "brand"},
        RefusedText: {"kind": "word", "text": "casino"},
        StoppedLink: {"link_key": "example.com/a", "link": "https://example.com/a"},
        Translation: {
            "service": service,
            "language": "ko",
            "field": "name",
            "text": "자막",
        },
    }


@pytest.mark.parametrize(
    ("model", "fields", "constraint"),
    [
        (Acceptance, {"refused_class": "votes"}, "acceptance_of_a_class_or_a_service"),
        (Acceptance, {"service": None}, "acceptance_of_a_class_or_a_service"),
        (Acceptance, {"statement": ""}, "acceptance_has_a_statement"),
        (Acceptance, {"ended_at": Now()}, "acceptance_is_ended_by_somebody"),
        (NameRule, {"text": ""}, "name_rule_has_its_text"),
        (NameRule, {"step": "emoji"}, "name_rule_has_its_text"),
        (RefusedText, {"text": ""}, "refused_text_is_not_empty"),
        (StoppedLink, {"link_key": ""}, "stopped_link_names_a_page"),
        (StoppedLink, {"lifted_at": Now()}, "stopped_link_is_lifted_by_somebody"),
        (Translation, {"service": None}, "translation_of_a_service_or_a_category"),
    ],
)
def test_a_row_of_nonsense_cannot_be_made(
    model: Any, fields: dict[str, object], constraint: str
) -> None:
    values = rows()[model] | fields

    with pytest.raises(IntegrityError, match=constraint):
        model.objects.create(**values)


def test_a_category_has_no_translated_description() -> None:
    shelf = Category.objects.create(name="Film")

    with pytest.raises(IntegrityError, match="translation_of_a_service_or_a_category"):
        Translation.objects.create(
            category=shelf, language="ko", field="description", text="영화"
        )


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (Acceptance, "acceptance_once_at_a_time"),
        (CategoryMapping, "category_mapping_one_per_name"),
        (RefusedText, "refused_text_once"),
        (StoppedLink, "stopped_link_once_at_a_time"),
        (Translation, "translation_once"),
    ],
)
def test_a_row_is_there_once(model: Any, constraint: str) -> None:
    values = rows()[model]
    model.objects.create(**values)

    with pytest.raises(IntegrityError, match=constraint):
        model.objects.create(**values)
