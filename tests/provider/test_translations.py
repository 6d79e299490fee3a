"""Texts in the reader's language."""

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from accounts import actions as accounts
from provider import translations
from provider.models import Category, Service, Translation
from provider.translations import localise
from tests.factories import make_customer, make_order, make_service

pytestmark = pytest.mark.django_db


def translated(language: str = "ko") -> Service:
    service = make_service(
        name="Subtitles", category=Category.objects.create(name="Film")
    )
    for field, text in (("name", "자막"), ("description", "분당")):
        Translation.objects.create(
            service=service, language=language, field=field, text=text
        )
    Translation.objects.create(
        category=service.category, language=language, field="name", text="영화"
    )
    return service


def texts(service: Service, language: str | None) -> tuple[str, str, str]:
    row = Service.objects.select_related("category").get(pk=service.pk)
    localise(services=[row], language=language)
    return row.name, row.description, row.category.name


def test_a_text_is_said_in_the_readers_language_or_as_it_is() -> None:
    service = translated()

    assert texts(service, "ko") == ("자막", "분당", "영화")
    assert texts(service, "en") == ("Subtitles", "", "Film")
    with translation.override("ko"):
        assert texts(service, None) == ("자막", "분당", "영화")
    with translation.override(None):
        assert texts(service, None) == ("Subtitles", "", "Film")


def test_a_list_costs_one_query_more(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_service()
    service = translated()
    rows = list(Service.objects.select_related("category").order_by("pk"))

    with django_assert_num_queries(1):
        localise(services=rows, language="ko")
    assert [row.name for row in rows if row.pk == service.pk] == ["자막"]

    monkeypatch.setattr(translations, "MOST_NAMED", 2)
    again = list(Service.objects.select_related("category").order_by("pk"))
    with django_assert_num_queries(1):
        localise(services=again, language="ko")
    assert [row.name for row in again] == [row.name for row in rows]


def test_pages_and_api_speak_the_customers_language(
    client: Client, rings: list[object]
) -> None:
    service = translated()
    customer = make_customer(credit="10", language="ko")
    order = make_order(customer=customer, service=service)
    key = accounts.rotate_api_key(user=customer)
    client.force_login(customer)

    for address in (
        "/services/",
        f"/services/{service.pk}/",
        "/orders/",
        f"/orders/{order.pk}/",
    ):
        page = client.get(address).content.decode()
        assert "자막" in page
        assert "Subtitles" not in page
    (row,) = client.post("/api/v2", {"key": key, "action": "services"}).json()
    assert (row["name"], row["category"], row["desc"]) == ("자막", "영화", "분당")
    service.refresh_from_db()
    assert service.name == "Subtitles"
