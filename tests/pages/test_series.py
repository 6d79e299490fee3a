"""Lists of what runs by itself: drip-feeds and subscriptions."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders.models import Delivery, Order
from tests.factories import LINK, make_customer, make_order, make_provider, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]

LISTS = ["/orders/drip-feed/", "/orders/subscriptions/"]


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="100")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def make_drip_feed(customer: User, runs: int = 5) -> Order:
    raw = {"link": LINK, "quantity": "100", "runs": str(runs), "interval": "60"}
    return make_order(customer, make_service(dripfeed=True), raw)


def make_subscription(customer: User) -> Order:
    raw = {"username": "ann", "min": "50", "max": "100", "posts": "4", "delay": "0"}
    return make_order(customer, make_service(type="subscriptions"), raw)


def deliver(order: Order, *ended: int | None) -> None:
    """Give an order a part for each number of units that came; None is under way."""
    provider = make_provider()
    for place, delivered in enumerate(ended):
        state = (
            {"status": "in_progress", "next_at": Now()}
            if delivered is None
            else {"status": "completed", "delivered": delivered, "finished_at": Now()}
        )
        Delivery.objects.create(
            order=order, provider=provider, upstream_id=f"{order.pk}-{place}", **state
        )


@pytest.mark.parametrize("address", LISTS)
def test_an_empty_list_says_what_it_is_for(alice: User, address: str) -> None:
    page = signed_in(alice).get(address).content.decode()
    assert "yet" in page
    assert 'href="/orders/new/"' in page


def test_each_list_has_its_own_orders_of_their_customer(alice: User) -> None:
    make_order(alice)
    drip_feed, subscription = make_drip_feed(alice), make_subscription(alice)
    bob = make_customer(credit="100")
    make_drip_feed(bob)
    make_subscription(bob)
    client = signed_in(alice)
    lists = [client.get(address).context["list"] for address in LISTS]
    assert [[one.order for one in found] for found in lists] == [
        [drip_feed],
        [subscription],
    ]


def test_a_drip_feed_says_how_many_runs_are_done_and_when_the_next_is_due(
    alice: User,
) -> None:
    order = make_drip_feed(alice)
    deliver(order, 100, 100, None)
    response = signed_in(alice).get(LISTS[0])
    (one,) = response.context["list"]
    assert (one.done, one.total, one.delivered) == (2, 5, 200)
    last = Delivery.objects.latest("created_at").created_at
    assert one.next_at == last + timedelta(minutes=60)
    page = response.content.decode()
    assert "2 / 5" in page
    assert "Next run about" in page
    assert "100 for each run, every 60 minutes" in page


def test_a_run_that_is_overdue_is_not_promised(alice: User) -> None:
    order = make_drip_feed(alice)
    deliver(order, 100)
    Delivery.objects.update(created_at=Now() - timedelta(hours=2))
    assert "Next run" not in signed_in(alice).get(LISTS[0]).content.decode()


def test_after_the_last_run_none_is_next(alice: User) -> None:
    order = make_drip_feed(alice, runs=1)
    deliver(order, None)
    assert "Next run" not in signed_in(alice).get(LISTS[0]).content.decode()


def test_a_subscription_counts_posts(alice: User) -> None:
    deliver(make_subscription(alice), 100, None)
    response = signed_in(alice).get(LISTS[1])
    (one,) = response.context["list"]
    assert (one.done, one.total, one.delivered, one.next_at) == (1, 4, 100, None)
    assert "50 to 100 for each post" in response.content.decode()


def test_where_nobody_named_the_runs_the_end_alone_is_told(alice: User) -> None:
    _waiting, done, ended = (make_drip_feed(alice) for _ in range(3))
    closed = {"finished_at": Now(), "next_at": None}
    Order.objects.filter(pk=done.pk).update(status="completed", **closed)
    Order.objects.filter(pk=ended.pk).update(status="partial", **closed)
    found = signed_in(alice).get(LISTS[0]).context["list"]
    assert [one.done for one in found] == [None, 5, 0]


def test_the_list_shows_those_under_way(alice: User) -> None:
    make_drip_feed(alice)
    ended = make_drip_feed(alice)
    Order.objects.filter(pk=ended.pk).update(
        status="completed", finished_at=Now(), next_at=None
    )
    client = signed_in(alice)
    assert len(client.get(f"{LISTS[0]}?status=open").context["list"]) == 1
    assert len(client.get(f"{LISTS[0]}?status=nonsense").context["list"]) == 2
    Order.objects.update(status="completed", finished_at=Now(), next_at=None)
    page = client.get(f"{LISTS[0]}?status=open").content.decode()
    assert "Nothing is under way" in page


def test_older_ones_follow_without_gap_or_repeat(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.keyset.ROWS", 2)
    orders = [make_drip_feed(alice) for _ in range(3)]
    client = signed_in(alice)
    page = client.get(f"{LISTS[0]}?status=open").context
    assert [one.order for one in page["list"]] == orders[:0:-1]
    older = client.get(f"{LISTS[0]}?{page['page'].older}").context
    assert [one.order for one in older["list"]] == orders[:1]
    assert older["page"].status == "open"
    assert older["page"].older == ""


@pytest.mark.parametrize("before", ["x", "-1", "²", "9" * 40])
def test_a_page_that_is_none_is_the_first(alice: User, before: str) -> None:
    make_drip_feed(alice)
    page = signed_in(alice).get(f"{LISTS[0]}?before={before}").context["page"]
    assert page.is_first


def test_a_list_takes_the_same_queries_however_long_it_is(alice: User) -> None:
    client = signed_in(alice)

    def queries(count: int) -> int:
        for _ in range(count):
            deliver(make_drip_feed(alice), 100, None)
        with CaptureQueriesContext(connection) as caught:
            client.get(LISTS[0])
        return len(caught)

    queries(1)
    assert queries(0) == queries(2)


@pytest.mark.parametrize("address", [*LISTS, "/refills/", "/refunds/"])
def test_a_visitor_is_sent_to_log_in(client: Client, address: str) -> None:
    assert client.get(address).url == f"/account/login/?next={address}"
