"""Lists of what was delivered again and of what came back."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders import actions
from orders.models import Order, OrderEvent, OrderRequest
from tests.factories import make_customer, make_order

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]

STATES: dict[str, dict[str, object]] = {
    "open": {"state": "accepted", "status": "in_progress", "next_at": Now()},
    "completed": {"state": "accepted", "status": "completed", "closed_at": Now()},
    "rejected": {"state": "accepted", "status": "rejected", "closed_at": Now()},
}


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="100")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def make_refill(customer: User, kind: str = "open", **fields: object) -> OrderRequest:
    order = make_order(customer)
    values = {**STATES[kind], **fields}
    return OrderRequest.objects.create(order=order, kind="refill", **values)


def make_refund(customer: User, amount: str, status: str, **fields: object) -> Order:
    """Make an order whose history says that so much of it came back."""
    order = make_order(customer)
    Order.objects.filter(pk=order.pk).update(
        refunded=Decimal(amount), status=status, finished_at=Now(), next_at=None
    )
    OrderEvent.objects.create(
        order=order,
        new_status=status,
        new_submission=order.submission,
        reason="upstream says so",
        refunded=Decimal(amount),
        **fields,
    )
    return order


def test_empty_lists_say_what_they_are_for(alice: User) -> None:
    client = signed_in(alice)
    assert "No refills yet" in client.get("/refills/").content.decode()
    assert "No refunds yet" in client.get("/refunds/").content.decode()


def test_refills_are_the_customers_own_newest_first(alice: User) -> None:
    first, second = make_refill(alice), make_refill(alice)
    make_refill(make_customer(credit="100"))
    OrderRequest.objects.create(order=second.order, kind="cancel", next_at=Now())
    response = signed_in(alice).get("/refills/")
    assert response.context["page"].rows == [second, first]
    page = response.content.decode()
    assert f"Refill {first.pk}" in page
    assert f'href="/orders/{first.order_id}/"' in page


@pytest.mark.parametrize("status", STATES)
def test_refills_are_filtered_by_status(alice: User, status: str) -> None:
    rows = {state: make_refill(alice, state) for state in STATES}
    page = signed_in(alice).get(f"/refills/?status={status}").context["page"]
    assert page.rows == [rows[status]]


def test_a_refill_that_was_refused_at_once_counts_as_rejected(alice: User) -> None:
    asked = make_refill(alice, "rejected", state="refused", status="")
    response = signed_in(alice).get("/refills/?status=rejected")
    assert response.context["page"].rows == [asked]
    assert "Rejected" in response.content.decode()
    page = signed_in(alice).get("/refills/?status=open").content.decode()
    assert "No refill matches" in page


def test_what_is_checked_by_staff_is_under_way_for_customers(alice: User) -> None:
    make_refill(alice, state="unknown", status="", flagged_at=Now(), next_at=None)
    page = signed_in(alice).get("/refills/").content.decode().lower()
    assert "requested" in page
    assert "unknown" not in page


def test_refunds_say_how_much_of_what_and_why(alice: User) -> None:
    make_refund(alice, "0.5", "partial")
    make_refund(alice, "2", "failed")
    make_refund(make_customer(credit="100"), "1", "partial")
    response = signed_in(alice).get("/refunds/")
    told = [(row.event.refunded, row.why) for row in response.context["refunds"]]
    assert told == [
        (Decimal(2), "It was cancelled."),
        (Decimal("0.5"), "It was delivered in part."),
    ]
    page = response.content.decode()
    assert "+$0.50" in page
    assert "of $2.00" in page
    assert "upstream" not in page
    assert "failed" not in page.lower()


def test_what_the_customer_cancelled_is_called_so(alice: User) -> None:
    order = make_order(alice)
    actions.cancel_order(order=order, by=alice)
    response = signed_in(alice).get("/refunds/")
    (row,) = response.context["refunds"]
    assert (row.event.refunded, row.why) == (order.charge, "You cancelled it.")


def test_less_than_was_said_is_called_so(alice: User) -> None:
    make_refund(alice, "1", "completed")
    (row,) = signed_in(alice).get("/refunds/").context["refunds"]
    assert row.why == "Less was delivered than ordered."


def test_older_refunds_follow_without_gap_or_repeat(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.keyset.ROWS", 2)
    orders = [make_refund(alice, "1", "partial") for _ in range(3)]
    client = signed_in(alice)
    page = client.get("/refunds/").context
    older = client.get(f"/refunds/?{page['page'].older}").context
    listed = [row.event.order for row in [*page["refunds"], *older["refunds"]]]
    assert listed == orders[::-1]


def test_the_lists_take_the_same_queries_however_long_they_are(alice: User) -> None:
    client = signed_in(alice)

    def queries(count: int) -> list[int]:
        for _ in range(count):
            make_refill(alice)
            make_refund(alice, "1", "partial")
        counts = []
        for address in ("/refills/", "/refunds/"):
            with CaptureQueriesContext(connection) as caught:
                client.get(address)
            counts.append(len(caught))
        return counts

    queries(1)
    assert queries(0) == queries(2)
