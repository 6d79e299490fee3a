"""The catalogue, for everybody."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from orders.models import ServiceHealth
from provider.models import Category
from shop.views import catalogue
from tests.factories import make_customer, make_order, make_provider, make_service

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
    with django_assert_num_queries(5):
        client.get("/services/")
    make_service()
    make_service()
    with django_assert_num_queries(5):
        client.get("/services/")


def test_filters_of_an_address_narrow_the_page_and_stay_in_its_links(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "ROWS", 1)
    for number in (1, 2):
        make_service(name=f"Film {number}", refill=True, price=number)
    make_service(name="Film 3", refill=False)
    response = client.get("/services/?refill=1&sort=dearest&q=film")
    assert [card.service.name for card in response.context["cards"]] == ["Film 2"]
    more = response.context["more"]
    assert names(client, f"/services/?{more}") == ["Film 1"]
    page = response.content.decode()
    assert "<details" in page
    assert " open>" in page


@pytest.mark.django_db(transaction=True)
def test_a_customer_puts_a_star_on_a_service_and_finds_it_again(client: Client) -> None:
    service, other = make_service(name="Film"), make_service(name="Sound")
    customer = make_customer()
    client.force_login(customer)
    address, back = f"/services/{service.pk}/star/", "/services/?q=film"
    response = client.post(address, {"wanted": "1", "next": back})
    assert (response.status_code, response.headers["Location"]) == (302, back)
    assert names(client, "/services/?favourites=1") == ["Film"]
    assert other.favourites.count() == 0

    client.post(address, {"wanted": "0", "next": "https://elsewhere.example/"})
    assert names(client, "/services/?favourites=1") == []


@pytest.mark.django_db(transaction=True)
def test_a_star_that_htmx_sends_is_answered_with_the_star(client: Client) -> None:
    service = make_service()
    client.force_login(make_customer())
    response = client.post(
        f"/services/{service.pk}/star/",
        {"wanted": "1", "next": "/services/"},
        headers={"HX-Request": "true"},
    )
    page = response.content.decode()
    assert 'aria-pressed="true"' in page
    assert 'name="wanted" value="0"' in " ".join(page.split())
    assert "<html" not in page


def test_a_visitor_has_no_stars(client: Client) -> None:
    service = make_service()
    assert "/star/" not in client.get("/services/").content.decode()
    response = client.post(f"/services/{service.pk}/star/", {"wanted": "1"})
    assert response.headers["Location"].startswith("/account/login/")
    assert service.favourites.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rings")
def test_what_was_ordered_last_comes_first_for_its_customer(client: Client) -> None:
    customer = make_customer(credit="100")
    first, second = make_service(name="Film"), make_service(name="Sound")
    for service in (first, second, first):
        make_order(customer, service)
    assert "Ordered recently" not in client.get("/services/").content.decode()
    client.force_login(customer)
    response = client.get("/services/")
    recent = [card.service.name for card in response.context["recent"]]
    assert recent == ["Film", "Sound"]
    assert client.get("/services/?q=film").context["recent"] == []
    chosen = client.get("/orders/new/").context["choices"]
    assert [card.service.name for card in chosen] == ["Film", "Sound"]


def test_choosing_what_to_order_lists_a_few_of_what_fits(client: Client) -> None:
    shelf = Category.objects.create(name="Film & sound")
    provider = make_provider()
    for number in range(15):
        make_service(provider, name=f"Film {number}", category=shelf)
    page = client.get("/orders/new/").content.decode()
    assert "Film &amp; sound" in page
    assert "Film 1" not in page
    response = client.get("/orders/new/?q=film")
    assert len(response.context["choices"]) == 12
    assert "/services/?q=film" in response.content.decode()
    part = client.get(
        f"/orders/new/?category={shelf.pk}", headers={"HX-Request": "true"}
    )
    assert part.content.decode().strip().startswith('<div id="choices"')


def test_health_is_told_on_the_card_and_beside_the_form(client: Client) -> None:
    service = make_service()
    ServiceHealth.objects.create(
        service=service, orders=84, started=84, start_median=700, start_most=3700,
        completed=0, ended=0, partial=0, canceled=0, refills=0, refilled=0,
    )  # fmt: skip
    assert "starts within 12 minutes" in client.get("/services/").content.decode()
    page = client.get(f"/services/{service.pk}/").content.decode()
    assert "Usually starts" in page
    assert "from 84 orders" in " ".join(page.split())
    ServiceHealth.objects.update(started=9)
    assert "starts within" not in client.get("/services/").content.decode()
