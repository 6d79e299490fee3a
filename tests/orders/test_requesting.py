"""Asking for refills and cancels: who may, and what is recorded."""

from collections.abc import Callable

import pytest

from ledger.queries import balance
from orders import actions
from orders.enums import RequestKind, RequestState, Status, Submission
from orders.errors import OrderError
from orders.models import Order, OrderRequest
from tests.factories import make_order
from tests.orders.acting import (
    NO_FUNDS,
    Script,
    accepted,
    again,
    answer,
    book,
    completed,
    reasons,
    sending,
)
from tests.orders.asking import cancel_asked

pytestmark = pytest.mark.django_db


def test_a_queued_order_is_cancelled_at_once_with_all_its_money() -> None:
    order = make_order()

    assert actions.cancel_order(order=order, by=order.customer) is None

    order = again(order)
    assert (order.submission, order.status) == (Submission.WITHDRAWN, Status.CANCELED)
    assert balance(customer=order.customer) == 100
    assert order.events.latest("id").by == order.customer
    assert not OrderRequest.objects.exists()


def test_a_held_order_is_cancelled_at_once_with_all_its_money(script: Script) -> None:
    order = answer(sending(script), NO_FUNDS)

    actions.cancel_order(order=order, by=order.customer)

    assert again(order).status == Status.CANCELED
    assert balance(customer=order.customer) == 100


def test_a_cancelled_order_is_not_sent_any_more(script: Script) -> None:
    order = make_order()
    actions.cancel_order(order=order, by=order.customer)

    actions.submit(order_id=order.pk)

    assert script.calls == []


def test_an_order_is_cancelled_once(script: Script) -> None:
    order = make_order()
    actions.cancel_order(order=order, by=order.customer)
    before = book(order.customer)

    with pytest.raises(OrderError, match="has ended"):
        actions.cancel_order(order=order, by=order.customer)

    assert book(order.customer) == before


def test_an_order_that_is_being_sent_cannot_be_cancelled(script: Script) -> None:
    order = sending(script).order
    before = book(order.customer)

    with pytest.raises(OrderError, match="being checked"):
        actions.cancel_order(order=order, by=order.customer)

    assert book(order.customer) == before
    assert again(order).submission == Submission.SENDING


def test_cancelling_an_accepted_order_asks_and_moves_no_money(script: Script) -> None:
    request = cancel_asked(script)

    assert (request.kind, request.state) == (RequestKind.CANCEL, RequestState.REQUESTED)
    assert request.status == ""
    assert balance(customer=request.order.customer) == 98
    assert request.order.status == Status.PENDING
    assert reasons(request.order)[-1] == "cancel asked for"


def test_a_second_cancel_is_refused_while_one_is_open(script: Script) -> None:
    request = cancel_asked(script)
    before = book(request.order.customer)

    with pytest.raises(OrderError, match="asked for already"):
        actions.cancel_order(order=request.order, by=request.order.customer)

    assert book(request.order.customer) == before
    assert OrderRequest.objects.count() == 1


@pytest.mark.parametrize("service", [{"refill": False}, {"refill": True}])
def test_an_order_without_refill_or_not_completed_is_not_refilled(
    script: Script, service: dict[str, bool]
) -> None:
    order = accepted(script) if service["refill"] else completed(script)
    type(order.service).objects.update(**service)
    before = book(order.customer)

    with pytest.raises(OrderError):
        actions.request_refill(order=order, by=order.customer)

    assert book(order.customer) == before
    assert not OrderRequest.objects.exists()


def test_asking_rings_for_the_request(
    script: Script,
    rings: list[tuple[str, dict[str, object]]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    order = accepted(script)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        actions.cancel_order(order=order, by=order.customer)

    assert rings == [("orders.send_requests", {"provider_id": order.provider_id})]


def test_a_request_is_known_by_its_kind_and_number(script: Script) -> None:
    request = cancel_asked(script)

    assert str(request) == f"cancel #{request.pk}"
    assert Order.objects.get(requests=request) == request.order
