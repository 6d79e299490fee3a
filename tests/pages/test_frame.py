"""What stands around every page: the list of pages, the mark of the one that is open."""

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve
from pytest_django import Settings

from shop.navigation import Entry, Navigation, _address
from tests.factories import make_customer, make_order, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer_client() -> Client:
    client = Client()
    client.force_login(make_customer(credit="10"))
    return client


def marked(client: Client, address: str) -> set[tuple[str, str]]:
    """Return the addresses that a page marks as where one is, with how."""
    page = client.get(address).content.decode()
    found = re.findall(r'<a href="([^"]+)"[^>]*?aria-current="(\w+)"', page)
    return set(found)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("/services/", ("/services/", "page")),
        ("/services/?favourites=1", ("/services/?favourites=1", "page")),
        ("/orders/", ("/orders/", "page")),
        ("/orders/new/", ("/orders/new/", "page")),
        ("/statement/", ("/statement/", "page")),
        ("/account/email/", ("/account/", "true")),
    ],
)
def test_the_open_page_and_no_other_is_marked(
    customer_client: Client, page: str, expected: tuple[str, str]
) -> None:
    assert marked(customer_client, page) == {expected}


def test_the_form_of_a_service_belongs_to_new_order(customer_client: Client) -> None:
    service = make_service()
    assert marked(customer_client, f"/services/{service.pk}/") == {
        ("/orders/new/", "true")
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_rings")
def test_an_order_lies_below_the_orders() -> None:
    order = make_order()
    client = Client()
    client.force_login(order.customer)
    assert ("/orders/", "true") in marked(client, f"/orders/{order.pk}/")


def test_a_visitor_is_offered_neither_orders_nor_dock(client: Client) -> None:
    page = client.get("/services/").content.decode()
    assert "Sign up" in page
    assert "dock-bar" not in page
    assert 'href="/orders/"' not in page


def test_pages_that_the_shop_does_not_have_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = RequestFactory().get("/services/")
    request.resolver_match = resolve("/services/")
    entries = [Entry("nowhere", "Nowhere", "x"), Entry("services", "Services", "grid")]
    monkeypatch.setattr("shop.navigation.VISITORS", [("", entries), ("T", entries[:1])])
    (section,) = Navigation(request).sections
    assert [(link.address, link.current) for link in section.links] == [
        ("/services/", "page")
    ]
    assert _address("nowhere") == ""


def test_a_language_that_is_written_from_the_right_turns_the_page(
    client: Client, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    page = client.get("/services/", headers={"Accept-Language": "ar"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    page = client.get("/services/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="en">' in page
