"""The public form that stops deliveries, and what the order form says of links."""

import re
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from orders.models import StoppedLink
from orders.stopping import MOST
from provider.models import Category
from tests.factories import make_customer, make_order, make_service

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rings")]
# Another one on each page, in a form's field or in a header to be.
TOKEN = r"[A-Za-z0-9]{64}"
PAGE = {"link": "https://www.instagram.com/Some.Name/", "mine": "on"}


@pytest.fixture(autouse=True)
def nobody_has_asked() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_anybody_stops_deliveries_to_their_page(client: Client) -> None:
    page = client.post(
        "/stop-deliveries/",
        {**PAGE, "email": "me@example.com", "statement": "Please stop."},
        follow=True,
    )

    assert page.redirect_chain == [("/stop-deliveries/done/", 302)]
    stop = StoppedLink.objects.get()
    assert (stop.link_key, stop.email, stop.statement) == (
        "instagram.com/some.name",
        "me@example.com",
        "Please stop.",
    )
    assert "/stop-deliveries/" in client.get("/").content.decode()


def test_the_answer_is_the_same_whether_there_were_orders_or_not(
    client: Client,
) -> None:
    make_order(raw={"link": PAGE["link"], "quantity": "1000"})

    answers = {
        re.sub(TOKEN, "", page.content.decode())
        for link in (PAGE["link"], "https://example.com/b", PAGE["link"])
        if (
            page := client.post(
                "/stop-deliveries/", {**PAGE, "link": link}, follow=True
            )
        )
    }

    assert len(answers) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"link": ""}, "This field is required."),
        ({"link": "name"}, "Enter a full link, such as https://example.com/page."),
        (
            {"link": "https://www.youtube.com/"},
            "This is a whole site. Give the link to your own page there.",
        ),
        ({"email": "me"}, "Enter a valid email address."),
        ({"mine": ""}, "Only the page&#x27;s owner can stop deliveries."),
    ],
)
def test_a_request_that_does_not_fit_stops_nothing(
    client: Client, changes: dict[str, str], said: str
) -> None:
    page = client.post("/stop-deliveries/", {**PAGE, **changes})

    assert said in page.content.decode()
    assert not StoppedLink.objects.exists()


def test_too_many_requests_from_one_address_are_refused(client: Client) -> None:
    for number in range(MOST):
        link = f"https://example.com/{number}"
        assert (
            client.post("/stop-deliveries/", {**PAGE, "link": link}).status_code == 302
        )

    page = client.post("/stop-deliveries/", PAGE)
    assert page.status_code == 429
    assert "Too many requests from here." in page.content.decode()
    assert StoppedLink.objects.count() == MOST

    elsewhere = client.post("/stop-deliveries/", PAGE, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302


def test_an_order_for_a_stopped_page_is_refused_at_its_link(client: Client) -> None:
    client.post("/stop-deliveries/", PAGE)
    client.force_login(make_customer(credit="10"))
    service = make_service()

    page = client.post(
        f"/services/{service.pk}/",
        {"link": "http://instagram.com/some.name", "quantity": "1000"},
    )

    assert "asked for no more deliveries to it" in page.content.decode()
    assert "link" in page.context["form"].errors


def test_a_category_says_which_links_it_wants(client: Client) -> None:
    service = make_service(
        category=Category.objects.create(
            name="Film",
            link_network="instagram",
            link_pattern=r"instagram\.com/[\w.]+",
            link_example="https://instagram.com/name",
        )
    )
    client.force_login(make_customer(credit="10"))
    address = f"/services/{service.pk}/"

    page = client.get(address).content.decode()
    assert "Such as https://instagram.com/name" in page
    assert 'type="url"' not in page

    wrong = client.post(address, {"link": "https://x.com/name", "quantity": "1000"})
    assert wrong.context["form"].errors["link"] == [
        "This service needs a link such as https://instagram.com/name."
    ]
    Category.objects.update(link_example="")
    wrong = client.post(address, {"link": "https://x.com/name", "quantity": "1000"})
    assert wrong.context["form"].errors["link"] == [
        "This is not the kind of link that this service needs."
    ]

    client.post(address, {"link": "@Some.Name", "quantity": "1000"})
    order = service.orders.get()
    assert (order.link, order.link_key) == (
        "https://www.instagram.com/Some.Name",
        "instagram.com/some.name",
    )


def test_a_second_order_for_the_same_page_is_pointed_out(client: Client) -> None:
    customer, service = make_customer(credit="10"), make_service()
    raw = {"link": "https://youtu.be/dQw4w9WgXcQ", "quantity": "1000"}
    order = make_order(customer=customer, service=service, raw=raw)
    client.force_login(customer)

    page = client.post(
        f"/services/{service.pk}/price/",
        {"link": "https://m.youtube.com/watch?v=dQw4w9WgXcQ", "quantity": "1000"},
    )

    assert page.context["twin"] == order
    assert f"Your order {order.pk} of this service" in page.content.decode()
    other = client.post(
        f"/services/{service.pk}/price/",
        {"link": "https://youtu.be/another", "quantity": "1000"},
    )
    assert other.context["twin"] is None
    client.force_login(make_customer())
    assert client.post(f"/services/{service.pk}/price/", raw).context["twin"] is None
