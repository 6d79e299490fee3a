"""Refills and cancels in the admin: what staff find, and what they settle."""

import pytest
from django.test import Client

from orders.enums import RefillStatus, RequestKind, RequestState, Status, Submission
from orders.models import Order, OrderRequest
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, press, text_of
from tests.admin.rows import make_unknown_refill
from tests.factories import make_admin, make_order

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


@pytest.fixture
def unknown() -> OrderRequest:
    """A refill of a completed order, of which nobody can tell."""
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.ACCEPTED,
        provider=order.service.routes.get().offer.provider,
        upstream_id="31",
        status=Status.COMPLETED,
        finished_at=order.created_at,
    )
    return make_unknown_refill(order)


def test_a_refill_that_was_accepted_gets_its_id(
    client: Client, unknown: OrderRequest
) -> None:
    page = press(client, unknown, "accepted", upstream_id="77")

    unknown.refresh_from_db()
    assert "The refill is followed." in text_of(page)
    assert (unknown.state, unknown.upstream_id) == (RequestState.ACCEPTED, "77")
    assert unknown.order.events.latest("id").by.is_superuser


def test_an_id_that_another_refill_has_is_refused_with_its_number(
    client: Client, unknown: OrderRequest
) -> None:
    other = make_order(service=unknown.order.service)
    Order.objects.filter(pk=other.pk).update(
        submission=Submission.ACCEPTED,
        provider=Order.objects.get(pk=unknown.order_id).provider,
        upstream_id="32",
    )
    taken = make_unknown_refill(other)
    OrderRequest.objects.filter(pk=taken.pk).update(upstream_id="77")

    page = press(client, unknown, "accepted", upstream_id="77")

    unknown.refresh_from_db()
    assert f"Refill {taken.pk} of order {other.pk} has this id." in text_of(page)
    assert (unknown.state, unknown.upstream_id) == (RequestState.UNKNOWN, "")


def test_a_refill_that_was_not_accepted_is_asked_for_again(
    client: Client, unknown: OrderRequest
) -> None:
    page = press(client, unknown, "again")

    unknown.refresh_from_db()
    assert "The provider is being asked again." in text_of(page)
    assert unknown.state == RequestState.REQUESTED
    assert unknown.order.events.latest("id").by.is_superuser


def test_a_refill_is_closed_as_rejected_once(
    client: Client, unknown: OrderRequest
) -> None:
    press(client, unknown, "rejected")
    page = press(client, unknown, "rejected")

    unknown.refresh_from_db()
    assert "look again" in text_of(page)
    assert unknown.status == RefillStatus.REJECTED
    assert unknown.order.events.filter(reason__contains="rejected").count() == 1


def test_requests_are_filtered_and_found(client: Client, unknown: OrderRequest) -> None:
    cancel = OrderRequest.objects.create(
        order=unknown.order, kind=RequestKind.CANCEL, closed_at=unknown.created_at
    )

    def found(query: str) -> list[int]:
        page = client.get(f"{list_of(OrderRequest)}?{query}")
        return [row.pk for row in page.context["cl"].result_list]

    assert found("") == [cancel.pk, unknown.pk]
    assert found("flagged=yes") == [unknown.pk]
    assert found("kind__exact=cancel") == [cancel.pk]
    assert found("state__exact=unknown") == [unknown.pk]
    assert found(f"q={unknown.order_id}") == [cancel.pk, unknown.pk]


def test_an_orders_page_leads_to_its_requests(
    client: Client, unknown: OrderRequest
) -> None:
    page = text_of(client.get(page_of(unknown.order)))

    assert page_of(unknown) in page
