"""Orders in the admin: what staff find, and the buttons that call actions."""

import pytest
from django.test import Client

from ledger.queries import balance
from orders.enums import Status, Submission
from orders.models import Order
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, press, text_of
from tests.admin.rows import add_event, flag
from tests.factories import make_admin, make_customer, make_order

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def found(client: Client, query: str) -> list[int]:
    page = client.get(f"{list_of(Order)}?{query}")
    return [order.pk for order in page.context["cl"].result_list]


def accept(order: Order, upstream_id: str, status: Status = Status.PENDING) -> None:
    provider = order.service.routes.get().offer.provider
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.ACCEPTED,
        provider=provider,
        upstream_id=upstream_id,
        status=status,
        finished_at=None if status == Status.PENDING else order.created_at,
    )


def test_an_order_that_was_not_sent_is_cancelled_at_once(client: Client) -> None:
    customer = make_customer(credit="100")
    order = make_order(customer=customer)

    page = press(client, order, "cancel")

    order.refresh_from_db()
    assert "whole charge given back" in text_of(page)
    assert order.status == Status.CANCELED
    assert order.events.latest("id").by.is_superuser
    assert balance(customer=customer) == 100


def test_an_order_that_has_ended_is_not_cancelled_again(client: Client) -> None:
    customer = make_customer(credit="100")
    order = make_order(customer=customer)
    press(client, order, "cancel")
    events = order.events.count()

    page = press(client, order, "cancel")

    assert "has ended" in text_of(page)
    assert order.events.count() == events
    assert balance(customer=customer) == 100


@pytest.mark.django_db(transaction=True)
def test_cancelling_an_accepted_order_records_a_request_and_rings(
    client: Client, rings: list[tuple[str, dict[str, object]]]
) -> None:
    order = make_order()
    accept(order, "31")

    press(client, order, "cancel")

    request = order.requests.get()
    assert request.kind == "cancel"
    order.refresh_from_db()
    assert rings[-1] == ("orders.send_requests", {"provider_id": order.provider_id})
    assert order.status == Status.PENDING


def test_a_refill_is_asked_for_once(client: Client) -> None:
    order = make_order()
    accept(order, "31", Status.COMPLETED)

    press(client, order, "refill")
    page = press(client, order, "refill")

    assert "under way already" in text_of(page)
    assert order.requests.get().kind == "refill"


def test_an_order_that_is_not_completed_is_not_refilled(client: Client) -> None:
    order = make_order()

    page = press(client, order, "refill")

    assert "Only completed orders" in text_of(page)
    assert not order.requests.exists()


def test_orders_are_found_by_number_upstream_id_link_and_customer(
    client: Client,
) -> None:
    make_order()
    order = make_order(
        customer=make_customer("ada@example.com", credit="100"),
        raw={"link": "https://example.com/ada", "quantity": "1000"},
    )
    accept(order, "900123")

    for query in (f"q={order.pk}", f"q=%23{order.pk}", "q=900123", "q=ada@example"):
        assert found(client, query) == [order.pk], query
    assert found(client, "q=example.com/ada") == [order.pk]
    assert found(client, "q=99999999999999999999") == []


def test_flagged_orders_have_a_tab_of_their_own(client: Client) -> None:
    make_order()
    order = make_order()
    flag(order, "look at this")

    assert found(client, "flagged=yes") == [order.pk]
    assert "?flagged=yes" in text_of(client.get(list_of(Order)))


def test_the_page_has_the_history_with_its_replies(client: Client) -> None:
    order = make_order()
    add_event(order)

    page = text_of(client.get(page_of(order)))

    assert "looked at" in page
    assert page_of(order.events.latest("id").reply) in page
    assert str(order.customer) in page
