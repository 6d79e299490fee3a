"""`cancel`."""

import pytest

from ledger.queries import balance
from orders.enums import RequestKind, Status
from orders.models import Order, OrderRequest
from provider.models import Service
from tests.api.callers import Caller, accept, nothing_happens
from tests.factories import make_order, make_service


def test_an_order_that_was_not_sent_is_canceled_at_once(
    alice: Caller, service: Service
) -> None:
    order = make_order(alice.user, service)

    reply = alice("cancel", orders=order.pk)

    assert reply == [{"order": order.pk, "cancel": 1}]
    assert balance(customer=alice.user) == 100
    assert alice("status", order=order.pk) == {
        "charge": "0",
        "start_count": "0",
        "status": "Canceled",
        "remains": "1000",
        "currency": "USD",
    }


def test_a_running_order_gets_a_request_and_no_money_moves(
    alice: Caller, service: Service
) -> None:
    order = accept(make_order(alice.user, service))

    reply = alice("cancel", orders=order.pk)

    assert reply == [{"order": order.pk, "cancel": 1}]
    request = OrderRequest.objects.get()
    assert (request.order, request.kind) == (order, RequestKind.CANCEL)
    assert balance(customer=alice.user) == 98
    assert alice("status", order=order.pk)["status"] == "In progress"


def test_each_of_many_has_its_own_answer(alice: Caller, service: Service) -> None:
    queued = make_order(alice.user, service)
    done = accept(make_order(alice.user, service), Status.COMPLETED)

    reply = alice("cancel", orders=f"99999999,{done.pk},{queued.pk},abc")

    assert reply == [
        {"order": 99999999, "cancel": {"error": "Incorrect order ID"}},
        {"order": done.pk, "cancel": {"error": "This order has ended."}},
        {"order": queued.pk, "cancel": 1},
        {"order": "abc", "cancel": {"error": "Incorrect order ID"}},
    ]
    assert Order.objects.get(pk=done.pk).status == Status.COMPLETED


def test_a_single_order_is_answered_singly(alice: Caller, service: Service) -> None:
    order = make_order(alice.user, service)

    assert alice("cancel", order=order.pk) == {"order": order.pk, "cancel": 1}


def test_a_single_refusal_is_an_error(alice: Caller) -> None:
    order = accept(make_order(alice.user, make_service(cancel=False)))

    with nothing_happens():
        reply = alice("cancel", order=order.pk)

    assert reply == {"error": "This service cannot be cancelled once it has started."}


@pytest.mark.parametrize("sent", [False, True])
def test_a_second_cancel_changes_nothing(
    alice: Caller, service: Service, sent: bool
) -> None:
    order = make_order(alice.user, service)
    if sent:
        accept(order)
    alice("cancel", order=order.pk)

    with nothing_happens():
        assert "error" in alice("cancel", order=order.pk)


def test_more_than_a_hundred_are_refused_and_none_is_canceled(
    alice: Caller, service: Service
) -> None:
    order = make_order(alice.user, service)
    ids = ",".join(str(order.pk + number) for number in range(101))

    with nothing_happens():
        assert alice("cancel", orders=ids) == {"error": "Maximum 100 IDs"}
