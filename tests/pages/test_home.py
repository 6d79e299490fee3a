"""The first page: to visitors what the shop is, to customers what they come for."""

import pytest
from django.test import Client

from content.enums import PageKind
from content.models import Page
from orders.models import ServiceHealth
from provider.models import Category, Service
from tests.content.writing import write_page
from tests.factories import make_customer, make_service

pytestmark = pytest.mark.django_db


def measure(service: Service, *, orders: int, completed: int) -> None:
    ServiceHealth.objects.create(
        service=service, orders=orders, started=0, completed=completed, ended=0,
        partial=0, canceled=0, refills=0, refilled=0,
    )  # fmt: skip


def test_a_customer_goes_on_to_order(client: Client) -> None:
    client.force_login(make_customer())
    assert client.get("/").headers["Location"] == "/orders/new/"


def test_an_empty_shop_has_a_first_page_too(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "How it works" in page
    assert "What is sold" not in page


def test_categories_say_how_much_they_hold_and_from_which_price(
    client: Client,
) -> None:
    film = Category.objects.create(name="Film")
    make_service(category=film, price="4")
    make_service(category=film, price="3")
    make_service(category=film, price="1", type="package", min=1, max=1)
    make_service(category=film, price="2", active=False)
    package = Category.objects.create(name="Packages")
    make_service(category=package, price="9", type="package", min=1, max=1)
    response = client.get("/")
    shelves = [
        (shelf.category.name, shelf.services, shelf.price, shelf.per_package)
        for shelf in response.context["shelves"]
    ]
    assert shelves == [("Film", 3, 3, False), ("Packages", 1, 9, True)]
    page = response.content.decode()
    assert "from $3.00 per 1,000" in page
    assert "from $9.00\n" in page


def test_what_is_ordered_most_is_called_so_only_when_it_is(client: Client) -> None:
    rare, loved = make_service(), make_service()
    assert not client.get("/").context["are_popular"]
    measure(rare, orders=20, completed=1)
    measure(loved, orders=200, completed=1)
    context = client.get("/").context
    assert context["are_popular"]
    assert [card.service for card in context["popular"]] == [loved, rare]


def test_a_number_of_orders_is_told_when_it_says_something(client: Client) -> None:
    first, second = make_service(), make_service()
    measure(first, orders=900, completed=900)
    assert client.get("/").context["completed"] is None
    measure(second, orders=400, completed=345)
    page = client.get("/").content.decode()
    assert "1,245</strong> orders were completed in the last 30 days." in page


def test_questions_are_excerpted(client: Client) -> None:
    for number in range(6):
        write_page(PageKind.FAQ, f"q{number}", position=number, en=f"Why {number}?")
    page = client.get("/").content.decode()
    assert [f"Why {number}?" in page for number in range(6)] == [True] * 4 + [False] * 2


def test_the_first_page_asks_as_often_for_three_services_as_for_one(
    client: Client, django_assert_max_num_queries: object
) -> None:
    write_page(PageKind.FAQ, "a", en="Why?")
    counts = []
    for _services in range(2):
        make_service(category=Category.objects.create(name=f"C{_services}"))
        make_service()
        client.get("/")
        with django_assert_max_num_queries(12) as queries:  # type: ignore[operator]
            client.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["/", "/orders/new/"])
def test_fresh_news_is_told_until_it_is_put_away(client: Client, page: str) -> None:
    write_page(PageKind.NEWS, "open", en="We are open")
    if page != "/":
        client.force_login(make_customer())
    assert "We are open, in short." in client.get(page).content.decode()
    assert "We are open" not in client.get("/services/").content.decode()
    response = client.post("/news/open/seen/", {"next": page})
    assert response.headers["Location"] == page
    assert "We are open" not in client.get(page).content.decode()
    write_page(PageKind.NEWS, "newer", en="Still open")
    assert "Still open" in client.get(page).content.decode()


def test_old_news_is_not_told(client: Client) -> None:
    write_page(PageKind.NEWS, "open", en="We are open")
    Page.objects.update(published_at="2020-01-01T00:00Z")
    assert "We are open" not in client.get("/").content.decode()


def test_news_is_put_away_without_leaving_the_page(client: Client) -> None:
    write_page(PageKind.NEWS, "open", en="We are open")
    response = client.post("/news/open/seen/", headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (200, b"")
    response = client.post("/news/open/seen/", {"next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"
    assert client.post("/news/nowhere/seen/").status_code == 404
