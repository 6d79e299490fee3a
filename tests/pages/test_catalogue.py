"""The catalogue, for everybody."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from provider.models import Category
from shop.views import catalogue
from tests.factories import make_provider, make_service

pytestmark = pytest.mark.django_db


def names(client: Client, address: str, **headers: str) -> list[str]:
    """Return the names of the services on a page, in its order."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return [card.service.name for card in response.context["cards"]]


def test_a_visitor_sees_services_with_their_prices(client: Client) -> None:
    make_service(name="Subtitles in Korean", price="1.25")
    page = client.get("/").content.decode()
    assert "Subtitles in Korean" in page
    assert "$1.25" in page
    assert "Create an account" in page


def test_a_price_per_package_says_so(client: Client) -> None:
    make_service(type="package", min=1, max=1)
    page = client.get("/services/").content.decode()
    assert "per package" in page
    assert "per 1,000" not in page


def test_what_is_not_on_sale_is_not_shown(client: Client) -> None:
    make_service(active=False)
    assert names(client, "/services/") == []


def test_an_empty_shop_says_so_and_what_to_do(client: Client) -> None:
    page = client.get("/services/").content.decode()
    assert "The shelves are still empty" in page


@pytest.mark.parametrize("text", ["korean SUBTITLES", "자막", "  Korean "])
def test_a_search_finds_all_words_in_any_order_and_language(
    client: Client, text: str
) -> None:
    make_service(name="Subtitles in Korean · 한국어 자막")
    make_service(name="Retouching", category=Category.objects.create(name="Photos"))
    assert names(client, f"/services/?q={text}") == [
        "Subtitles in Korean · 한국어 자막"
    ]


def test_a_search_without_result_offers_the_way_back(client: Client) -> None:
    make_service()
    page = client.get("/services/?q=nothing+like+it").content.decode()
    assert "Nothing matches" in page
    assert "Show all services" in page


def test_a_category_shows_its_own_services_only(client: Client) -> None:
    make_service(name="Subtitles")
    photos = Category.objects.create(name="Photos")
    make_service(name="Retouching", category=photos)
    assert names(client, f"/services/?category={photos.pk}") == ["Retouching"]


@pytest.mark.parametrize(
    "query", ["category=x", "after=-1", "after=²", "category=9" * 9]
)
def test_an_address_that_makes_no_sense_shows_the_catalogue(
    client: Client, query: str
) -> None:
    make_service(name="Subtitles")
    assert names(client, f"/services/?{query}") == ["Subtitles"]


def test_show_more_goes_on_where_the_page_ended(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "ROWS", 2)
    first = Category.objects.create(name="First", position=1)
    second = Category.objects.create(name="Second", position=2)
    provider = make_provider()
    for name, category in [("d", second), ("a", first), ("e", second), ("b", first)]:
        make_service(provider, name=name, category=category)
    seen: list[str] = []
    address = "?"
    while address:
        response = client.get(f"/services/{address}")
        seen += [card.service.name for card in response.context["cards"]]
        address = (more := response.context["more"]) and f"?{more}"
    assert seen == ["a", "b", "d", "e"]


def test_typing_is_answered_with_the_results_alone(client: Client) -> None:
    make_service(name="Subtitles")
    response = client.get("/services/?q=sub", headers={"HX-Request": "true"})
    assert response.content.decode().strip().startswith('<div id="services"')
    assert "HX-Request" in response.headers["Vary"]


def test_three_services_take_as_many_queries_as_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_service()
    with django_assert_num_queries(4):
        client.get("/services/")
    make_service()
    make_service()
    with django_assert_num_queries(4):
        client.get("/services/")
