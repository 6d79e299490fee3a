"""The list of orders, and the page of one."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from ledger.queries import balance
from orders.enums import FINISHED, HoldReason, Status, Submission
from orders.models import Delivery, Order, OrderRequest
from provider.models import Service
from tests.factories import (
    LINK,
    make_customer,
    make_order,
    make_provider,
    make_service,
)
from tests.pages.rows import make_order_of_each_state, make_orders

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="100")


@pytest.fixture
def bob() -> User:
    return make_customer("bob@example.com", credit="100")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def numbers(client: Client, address: str = "/orders/") -> list[int]:
    return [order.pk for order in client.get(address).context["orders"]]


def test_without_orders_the_list_says_what_to_do(alice: User) -> None:
    page = signed_in(alice).get("/orders/").content.decode()
    assert "No orders yet" in page
    assert "Choose a service" in page


def test_the_list_is_the_customers_own_newest_first(alice: User, bob: User) -> None:
    first, second = make_orders(alice, 2)
    make_orders(bob, 1)
    assert numbers(signed_in(alice)) == [second.pk, first.pk]


@pytest.mark.parametrize(
    ("name", "method"),
    [("order", "get"), ("cancel_order", "post"), ("refill_order", "post")],
)
def test_what_bob_ordered_does_not_exist_for_alice(
    alice: User, bob: User, name: str, method: str
) -> None:
    (order,) = make_orders(bob, 1)
    response = getattr(signed_in(alice), method)(reverse(name, args=[order.pk]))
    assert response.status_code == 404
    order.refresh_from_db()
    assert order.status == Status.PENDING


def test_a_visitor_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/orders/").url == "/account/login/?next=/orders/"


def test_every_state_is_told_in_outward_words_only(alice: User) -> None:
    make_order_of_each_state(alice)
    client = signed_in(alice)
    pages = [client.get("/orders/").content.decode()]
    pages += [client.get(f"/orders/{pk}/").content.decode() for pk in numbers(client)]
    for page in pages:
        text = re.sub(r"<[^>]*>", " ", page).lower()
        assert not re.search(r"\b(failed|unknown|held|flagged)\b", text)
    assert "Partial" in pages[0]
    assert "$0.50 refunded" in pages[0]
    assert "waiting to start (cancel any time)" in pages[0]
    assert "being checked" in pages[0]


@pytest.mark.parametrize(
    ("status", "count"),
    [("open", 6), ("completed", 1), ("partial", 1), ("canceled", 2)],
)
def test_the_list_is_filtered_by_status(alice: User, status: str, count: int) -> None:
    make_order_of_each_state(alice)
    assert len(numbers(signed_in(alice), f"/orders/?status={status}")) == count


def test_an_order_is_found_by_number_and_by_link(alice: User) -> None:
    make_orders(alice, 1)
    wanted = make_order(
        customer=alice, raw={"link": "https://example.com/only-this", "quantity": "10"}
    )
    client = signed_in(alice)
    assert numbers(client, f"/orders/?q=%23{wanted.pk}") == [wanted.pk]
    assert numbers(client, "/orders/?q=only-this") == [wanted.pk]
    assert numbers(client, "/orders/?q=²") == []


@pytest.mark.parametrize("text", ["{0}, {1}", "{0} {1}", "{0}%0A%23{1}", "{1};{0},,"])
def test_pasted_numbers_find_exactly_those_of_ones_own(
    alice: User, bob: User, text: str
) -> None:
    (foreign,) = make_orders(bob, 1)
    first, _other, last = make_orders(alice, 3)
    query = text.format(first.pk, last.pk) + f",{foreign.pk}"
    assert numbers(signed_in(alice), f"/orders/?q={query}") == [last.pk, first.pk]


def test_a_text_that_the_database_cannot_take_is_looked_for_all_the_same(
    alice: User,
) -> None:
    (order,) = make_orders(alice, 1)
    assert numbers(signed_in(alice), f"/orders/?q=%00{order.pk}%00") == [order.pk]


def test_a_hundred_long_numbers_are_all_looked_for(alice: User) -> None:
    (order,) = make_orders(alice, 1)
    text = ",".join([*(str(10**17 + number) for number in range(100)), str(order.pk)])
    assert numbers(signed_in(alice), f"/orders/?q={text}") == [order.pk]


def test_an_orders_page_shows_where_its_count_should_end(alice: User) -> None:
    (order,) = make_orders(alice, 1)
    client = signed_in(alice)
    assert "→" not in client.get(f"/orders/{order.pk}/").content.decode()
    Order.objects.update(start_count=250, remains=400)
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "250 → 1,250" in page
    assert f'data-shop-copy="{order.pk}"' in page


def test_an_order_is_found_by_what_the_customer_calls_it(alice: User) -> None:
    make_orders(alice, 1)
    wanted = make_order(customer=alice, reference="Spring campaign")
    assert numbers(signed_in(alice), "/orders/?q=campaign") == [wanted.pk]


def test_older_orders_follow_without_gap_or_repeat(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.views.ROWS", 2)
    made = [order.pk for order in make_orders(alice, 5)]
    client = signed_in(alice)
    seen: list[int] = []
    address = "?"
    while address:
        response = client.get(f"/orders/{address}")
        seen += [order.pk for order in response.context["orders"]]
        address = (older := response.context["older"]) and f"?{older}"
    assert seen == made[::-1]


def test_the_list_asks_for_itself_only_while_something_is_open(alice: User) -> None:
    (order,) = make_orders(alice, 1)
    client = signed_in(alice)
    assert "every 3s" in client.get("/orders/").content.decode()
    client.post(f"/orders/{order.pk}/cancel/")
    assert "every 3s" not in client.get("/orders/").content.decode()


@pytest.mark.parametrize("address", ["/orders/", "/orders/{}/"])
def test_asking_again_is_answered_with_nothing_until_something_moved(
    alice: User, address: str
) -> None:
    (order,) = make_orders(alice, 1)
    client = signed_in(alice)
    address = address.format(order.pk)
    seen = client.get(address).context["seen"]
    htmx = {"HX-Request": "true"}
    unmoved = client.get(f"{address}?seen={seen}", headers=htmx)
    assert (unmoved.status_code, unmoved.content) == (204, b"")
    Order.objects.update(submission=Submission.HELD, held_for=HoldReason.LINK)
    moved = client.get(f"{address}?seen={seen}", headers=htmx)
    assert moved.status_code == 200
    assert "waiting to start" in moved.content.decode()
    assert "<html" not in moved.content.decode()


def test_cancelling_what_was_not_sent_gives_all_back(alice: User) -> None:
    (order,) = make_orders(alice, 1)
    response = signed_in(alice).post(f"/orders/{order.pk}/cancel/", follow=True)
    page = response.content.decode()
    assert "its charge is back on your balance" in page
    assert "Canceled" in page
    assert balance(customer=alice) == Decimal(100)


def test_what_cannot_be_cancelled_says_why_and_stays(alice: User) -> None:
    (order,) = make_orders(alice, 1)
    Order.objects.update(submission=Submission.UNKNOWN)
    response = signed_in(alice).post(f"/orders/{order.pk}/cancel/", follow=True)
    assert "being checked; please wait" in response.content.decode()
    assert balance(customer=alice) == Decimal(98)


def test_a_refill_that_is_too_early_says_why(alice: User) -> None:
    (order,) = make_orders(alice, 1)
    client = signed_in(alice)
    assert (
        "Only completed orders" in client.get(f"/orders/{order.pk}/").content.decode()
    )
    response = client.post(f"/orders/{order.pk}/refill/", follow=True)
    assert "Only completed orders can be refilled." in response.content.decode()
    assert OrderRequest.objects.count() == 0


def test_a_refill_that_is_not_possible_yet_says_from_when(alice: User) -> None:
    make_order_of_each_state(alice)
    order = Order.objects.get(status=Status.COMPLETED)
    Service.objects.update(refill_hours=24)
    ended_at = datetime(2999, 1, 30, 12, 0, tzinfo=UTC)
    Order.objects.filter(pk=order.pk).update(finished_at=ended_at)
    client = signed_in(alice)
    sentence = "It will be from 01/31/2999 noon on."

    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "A refill is not possible yet." in page
    assert sentence in page
    assert "Ask for a refill" not in page

    response = client.post(f"/orders/{order.pk}/refill/", follow=True)
    assert response.content.decode().count(sentence) == 2
    assert not OrderRequest.objects.exists()


def test_a_refill_is_asked_for_and_shown(alice: User) -> None:
    make_order_of_each_state(alice)
    order = Order.objects.get(status=Status.COMPLETED)
    client = signed_in(alice)
    response = client.post(f"/orders/{order.pk}/refill/", follow=True)
    page = response.content.decode()
    assert "The refill was asked for." in page
    assert "Requested" in page
    assert OrderRequest.objects.get().order == order


def test_three_orders_take_as_many_queries_as_one(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_orders(alice, 1)
    client = signed_in(alice)
    client.get("/orders/")
    with django_assert_num_queries(6):
        client.get("/orders/")
    make_orders(alice, 2)
    with django_assert_num_queries(6):
        client.get("/orders/")


def upstream_takes(order: Order) -> Order:
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.ACCEPTED,
        status=Status.IN_PROGRESS,
        provider=make_provider(),
        upstream_id=f"9{order.pk}",
    )
    order.refresh_from_db()
    return order


def add_part(order: Order, status: Status, delivered: int | None = None) -> None:
    Delivery.objects.create(
        order=order,
        provider=order.provider,
        upstream_id=str(Delivery.objects.count()),
        status=status,
        delivered=delivered,
        next_at=Now(),
        finished_at=Now() if status in FINISHED else None,
    )


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_a_drip_feed_shows_its_runs(alice: User) -> None:
    raw = {"link": LINK, "quantity": "100", "runs": "3", "interval": "5"}
    order = upstream_takes(make_order(alice, make_service(dripfeed=True), raw))
    client = signed_in(alice)
    address = reverse("order", args=[order.pk])
    assert "Runs 0 of 3 done" in words_of(client.get(address).content.decode())

    add_part(order, Status.FAILED, 0)
    add_part(order, Status.COMPLETED, 100)
    add_part(order, Status.IN_PROGRESS)

    page = words_of(client.get(address).content.decode())
    assert "Runs 2 of 3 done 3 In progress –" in page
    assert "2 Completed 100 delivered 1 Canceled 0 delivered" in page


def test_a_subscription_shows_its_posts_and_whom_it_is_for(alice: User) -> None:
    raw = {"username": "ann", "min": "50", "max": "100", "posts": "4", "delay": "0"}
    service = make_service(type="subscriptions")
    order = upstream_takes(make_order(alice, service, raw | {"old_posts": "1"}))
    client = signed_in(alice)
    add_part(order, Status.COMPLETED, 80)

    page = words_of(client.get(reverse("order", args=[order.pk])).content.decode())

    assert "Posts 1 of 5 done 1 Completed 80 delivered" in page
    assert "ann" in words_of(client.get("/orders/").content.decode())


def test_any_other_order_shows_no_runs(alice: User) -> None:
    order = make_order(alice)

    page = signed_in(alice).get(reverse("order", args=[order.pk])).content.decode()

    assert "Runs" not in page
    assert "Posts" not in page


def test_only_the_newest_of_many_runs_are_listed_and_a_new_end_is_news(
    alice: User,
) -> None:
    raw = {"link": LINK, "quantity": "10", "runs": "40", "interval": "5"}
    order = upstream_takes(make_order(alice, make_service(dripfeed=True), raw))
    for _ in range(25):
        add_part(order, Status.COMPLETED, 10)
    client = signed_in(alice)
    address = reverse("order", args=[order.pk])
    context = client.get(address).context
    assert [piece.number for piece in context["progress"].shown] == [*range(25, 5, -1)]

    htmx = {"HX-Request": "true"}
    same = client.get(f"{address}?seen={context['seen']}", headers=htmx)
    add_part(order, Status.IN_PROGRESS)
    other = client.get(f"{address}?seen={context['seen']}", headers=htmx)

    assert (same.status_code, other.status_code) == (204, 200)
