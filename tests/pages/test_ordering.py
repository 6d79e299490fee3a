"""The order form: its fields, its price, and what is refused."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from ledger.queries import balance
from orders.models import Order
from provider.models import Service
from provider.protocol.types import TYPES, ServiceType
from tests.factories import LINK, make_customer, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def form_of(client: Client, service: Service) -> dict[str, str]:
    """Return the hidden fields that the service's page was rendered with."""
    page = client.get(f"/services/{service.pk}/").content.decode()
    return {
        name: found[1]
        for name in ("token", "shown_price")
        if (found := re.search(rf'name="{name}"\s+value="([^"]*)"', page))
    }


def assert_nothing_happened(customer: User, credit: str) -> None:
    assert balance(customer=customer) == Decimal(credit)
    assert Order.objects.count() == 0


@pytest.mark.parametrize("kind", ServiceType)
def test_the_fields_follow_the_type(client: Client, kind: ServiceType) -> None:
    service = make_service(type=kind, dripfeed=True)
    page = client.get(f"/services/{service.pk}/").content.decode()
    for name in TYPES[kind].fields:
        assert f'name="{name}"' in page
    assert ('name="quantity"' in page) == TYPES[kind].sends_quantity


def test_runs_are_not_offered_where_the_service_cannot_be_spread(
    client: Client,
) -> None:
    service = make_service(dripfeed=False)
    assert 'name="runs"' not in client.get(f"/services/{service.pk}/").content.decode()


def test_a_service_that_is_off_has_no_page(client: Client) -> None:
    service = make_service(active=False)
    assert client.get(f"/services/{service.pk}/").status_code == 404


def test_a_visitor_sees_the_price_and_is_asked_to_log_in(client: Client) -> None:
    service = make_service()
    data = {"link": LINK, "quantity": "1000"}
    page = client.post(f"/services/{service.pk}/price/", data).content.decode()
    assert "$2.00" in page
    assert "Log in to order" in page


def test_a_visitor_who_posts_is_sent_to_log_in(client: Client) -> None:
    service = make_service()
    response = client.post(f"/services/{service.pk}/", {"link": LINK, "quantity": "10"})
    assert response.url == f"/account/login/?next=/services/{service.pk}/"
    assert Order.objects.count() == 0


def test_the_price_is_known_before_the_link_is(client: Client) -> None:
    service = make_service()
    response = client.post(
        f"/services/{service.pk}/price/",
        {"link": "", "quantity": "500"},
        headers={"HX-Request": "true"},
    )
    page = response.content.decode()
    assert page.strip().startswith('<div id="quote"')
    assert "$1.00" in page
    assert "required" not in page


def test_the_price_names_the_field_that_is_wrong(client: Client) -> None:
    service = make_service(min=10)
    response = client.post(
        f"/services/{service.pk}/price/",
        {"link": LINK, "quantity": "9"},
        headers={"HX-Request": "true"},
    )
    page = response.content.decode()
    assert "Quantity" in page
    assert "At least 10, please: you have 9." in page
    assert "$" not in page


def test_the_price_says_how_much_the_balance_lacks() -> None:
    service = make_service()
    client = signed_in(make_customer(credit="0.75"))
    data = {"link": LINK, "quantity": "1000"}
    page = client.post(f"/services/{service.pk}/price/", data).content.decode()
    assert "Missing from your balance" in page
    assert "$1.25" in page


def test_an_order_is_placed_paid_and_shown() -> None:
    customer = make_customer(credit="10")
    service = make_service()
    client = signed_in(customer)
    data = {**form_of(client, service), "link": LINK, "quantity": "1000"}
    response = client.post(f"/services/{service.pk}/", data, follow=True)
    order = Order.objects.get()
    assert response.redirect_chain == [(f"/orders/{order.pk}/?received=1", 302)]
    page = response.content.decode()
    assert "Order received" in page
    received = page.partition('aria-labelledby="received"')[2].partition("</section>")[
        0
    ]
    for told in (str(order.pk), service.name, LINK, "1,000", "$2.00", "$8.00"):
        assert f">{told}</dd>" in received
    assert f'href="/services/{service.pk}/?again={order.pk}"' in received
    assert balance(customer=customer) == Decimal(8)


def test_what_the_customer_calls_it_is_kept_and_shown() -> None:
    service = make_service()
    client = signed_in(make_customer(credit="10"))
    data = {"link": LINK, "quantity": "1000", "reference": "Spring"}
    page = client.post(f"/services/{service.pk}/", data, follow=True)
    assert Order.objects.get().reference == "Spring"
    assert "Spring" in page.content.decode()


def test_a_reference_that_is_too_long_orders_nothing() -> None:
    customer, service = make_customer(credit="10"), make_service()
    data = {"link": LINK, "quantity": "1000", "reference": "x" * 101}
    page = signed_in(customer).post(f"/services/{service.pk}/", data)
    assert list(page.context["form"].errors) == ["reference"]
    assert_nothing_happened(customer, "10")


def test_a_form_sent_twice_is_one_order() -> None:
    customer = make_customer(credit="10")
    service = make_service()
    client = signed_in(customer)
    data = {**form_of(client, service), "link": LINK, "quantity": "1000"}
    first = client.post(f"/services/{service.pk}/", data)
    second = client.post(f"/services/{service.pk}/", data)
    assert first.url == second.url
    assert Order.objects.count() == 1
    assert balance(customer=customer) == Decimal(8)


def test_going_back_and_changing_the_link_is_another_order() -> None:
    service = make_service()
    client = signed_in(make_customer(credit="10"))
    data = {**form_of(client, service), "link": LINK, "quantity": "1000"}
    client.post(f"/services/{service.pk}/", data)
    client.post(f"/services/{service.pk}/", {**data, "link": f"{LINK}/2"})
    assert Order.objects.count() == 2


def test_a_price_that_changed_in_between_charges_nothing_and_shows_the_new_one() -> (
    None
):
    customer = make_customer(credit="10")
    service = make_service()
    client = signed_in(customer)
    data = {**form_of(client, service), "link": LINK, "quantity": "1000"}
    Service.objects.update(price="3")
    page = client.post(f"/services/{service.pk}/", data).content.decode()
    assert "The price has changed: this order now costs $3.00." in page
    assert re.search(r'name="shown_price"\s+value="3.00000000"', page)
    assert_nothing_happened(customer, "10")


def test_a_balance_that_is_too_low_says_by_how_much() -> None:
    customer = make_customer(credit="0.5")
    service = make_service()
    client = signed_in(customer)
    data = {**form_of(client, service), "link": LINK, "quantity": "1000"}
    page = client.post(f"/services/{service.pk}/", data).content.decode()
    assert "$1.50 is missing" in page
    assert_nothing_happened(customer, "0.5")


def test_a_service_switched_off_in_between_says_so() -> None:
    customer = make_customer(credit="10")
    service = make_service()
    client = signed_in(customer)
    data = {**form_of(client, service), "link": LINK, "quantity": "1000"}
    Service.objects.update(active=False)
    page = client.post(f"/services/{service.pk}/", data).content.decode()
    assert "This service is not available at the moment." in page
    assert_nothing_happened(customer, "10")


@pytest.mark.parametrize(
    ("field", "value"),
    [("link", "not a link"), ("link", ""), ("quantity", "9"), ("quantity", "10001")],
)
def test_a_field_that_does_not_fit_keeps_the_form_filled(
    field: str, value: str
) -> None:
    customer = make_customer(credit="100")
    service = make_service(min=10, max=10_000)
    client = signed_in(customer)
    given = {"link": LINK, "quantity": "1000", field: value}
    response = client.post(f"/services/{service.pk}/", given)
    assert list(response.context["form"].errors) == [field]
    other = ({"link", "quantity"} - {field}).pop()
    assert response.context["form"][other].value() == given[other]
    assert_nothing_happened(customer, "100")


@pytest.mark.parametrize("shown", ["", "x", "NaN", "-1", "1e99"])
def test_a_shown_price_that_is_nonsense_is_no_promise(shown: str) -> None:
    customer = make_customer(credit="10")
    service = make_service()
    data = {"shown_price": shown, "link": LINK, "quantity": "1000"}
    signed_in(customer).post(f"/services/{service.pk}/", data)
    assert Order.objects.get().charge == Decimal(2)


def test_ordering_again_fills_in_what_was_ordered() -> None:
    service = make_service()
    client = signed_in(make_customer(credit="10"))
    client.post(f"/services/{service.pk}/", {"link": LINK, "quantity": "1000"})
    page = client.get(f"/services/{service.pk}/?again={Order.objects.get().pk}")
    assert page.context["form"]["link"].value() == LINK
    assert page.context["form"]["quantity"].value() == 1000


def test_nobody_orders_again_what_somebody_else_ordered() -> None:
    service = make_service()
    alice, bob = (signed_in(make_customer(credit="10")) for _ in range(2))
    alice.post(f"/services/{service.pk}/", {"link": LINK, "quantity": "1000"})
    page = bob.get(f"/services/{service.pk}/?again={Order.objects.get().pk}")
    assert page.context["form"]["link"].value() is None


def test_a_subscription_is_ordered_by_its_form(client: Client) -> None:
    customer = make_customer(credit="10")
    service = make_service(type="subscriptions")
    client = signed_in(customer)
    data = {"username": "ann", "min": "50", "max": "100", "delay": "15"}
    address = f"/services/{service.pk}/"

    # Without the number of posts nobody knows what it comes to.
    page = client.post(f"{address}price/", data | {"posts": ""}).content.decode()
    assert "$2.20" not in page
    page = client.post(f"{address}price/", data | {"posts": "11"}).content.decode()
    assert "$2.20" in page
    client.post(address, data | {"posts": "11"} | form_of(client, service))

    order = Order.objects.get()
    assert (order.units, order.charge) == (1100, Decimal("2.2"))
    assert order.fields == data | {"posts": "11"}
    assert balance(customer=customer) == Decimal("7.8")
