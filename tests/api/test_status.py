"""`status`."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.enums import Status, Submission
from orders.models import Order
from provider.models import Service
from provider.protocol.types import ServiceType
from tests.api.callers import Caller, accept
from tests.factories import LINK, make_order, make_service


def test_a_new_order_is_pending_and_all_of_it_remains(
    alice: Caller, service: Service
) -> None:
    order = make_order(alice.user, service)

    assert alice("status", order=order.pk) == {
        "charge": "2",
        "start_count": "0",
        "status": "Pending",
        "remains": "1000",
        "currency": "USD",
    }


def test_a_partial_order_shows_what_remains_and_a_charge_net_of_refunds(
    alice: Caller, service: Service
) -> None:
    order = accept(
        make_order(alice.user, service),
        Status.PARTIAL,
        start_count=3572,
        remains=157,
        refunded=Decimal("0.314"),
    )

    assert alice("status", order=order.pk) == {
        "charge": "1.686",
        "start_count": "3572",
        "status": "Partial",
        "remains": "157",
        "currency": "USD",
    }


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        (Status.PENDING, "Pending"),
        (Status.PROCESSING, "Processing"),
        (Status.IN_PROGRESS, "In progress"),
        (Status.PAUSED, "In progress"),
        (Status.COMPLETED, "Completed"),
        (Status.PARTIAL, "Partial"),
    ],
)
def test_the_outward_words_are_few(
    alice: Caller, service: Service, inside: Status, outside: str
) -> None:
    order = accept(make_order(alice.user, service), inside)

    assert alice("status", order=order.pk)["status"] == outside


@pytest.mark.parametrize("ended", [Status.CANCELED, Status.FAILED])
def test_a_canceled_or_failed_order_costs_nothing(
    alice: Caller, service: Service, ended: Status
) -> None:
    order = accept(make_order(alice.user, service), ended, refunded=Decimal(2))

    reply = alice("status", order=order.pk)

    assert (reply["status"], reply["charge"]) == ("Canceled", "0")


@pytest.mark.parametrize("submission", [Submission.SENDING, Submission.UNKNOWN])
def test_an_order_being_checked_keeps_its_status(
    alice: Caller, service: Service, submission: Submission
) -> None:
    order = make_order(alice.user, service)
    Order.objects.filter(pk=order.pk).update(
        submission=submission,
        flagged_at=timezone.now(),
        flag_reason="panel.example says: ask support",
    )

    reply = alice("status", order=order.pk)

    assert reply["status"] == "Pending"
    assert "panel.example" not in str(reply)


@pytest.mark.parametrize(
    ("status", "remains", "shown"),
    [
        (Status.COMPLETED, None, "0"),
        (Status.COMPLETED, -12, "0"),
        (Status.IN_PROGRESS, None, "1000"),
        (Status.IN_PROGRESS, 10, "10"),
        (Status.IN_PROGRESS, 5000, "1000"),
    ],
)
def test_remains_is_always_a_number_that_makes_sense(
    alice: Caller, service: Service, status: Status, remains: int | None, shown: str
) -> None:
    order = accept(make_order(alice.user, service), status, remains=remains)

    assert alice("status", order=order.pk)["remains"] == shown


def test_a_package_remains_as_one(alice: Caller) -> None:
    package = make_service(type=ServiceType.PACKAGE)
    order = make_order(alice.user, package, {"link": LINK})

    assert alice("status", order=order.pk)["remains"] == "1"


def test_many_orders_are_answered_by_id(alice: Caller, service: Service) -> None:
    first, second = (make_order(alice.user, service) for _ in range(2))

    reply = alice("status", orders=f"{first.pk}, {second.pk},99999999,abc")

    assert reply == {
        str(first.pk): alice("status", order=first.pk),
        str(second.pk): alice("status", order=second.pk),
        "99999999": {"error": "Incorrect order ID"},
        "abc": {"error": "Incorrect order ID"},
    }


def test_one_id_among_orders_is_still_answered_by_id(
    alice: Caller, service: Service
) -> None:
    order = make_order(alice.user, service)

    assert list(alice("status", orders=order.pk)) == [str(order.pk)]


def test_an_id_named_twice_is_answered_once(alice: Caller, service: Service) -> None:
    order = make_order(alice.user, service)

    assert list(alice("status", orders=f"{order.pk},{order.pk}")) == [str(order.pk)]


def test_the_singular_may_hold_several_ids(alice: Caller, service: Service) -> None:
    first, second = (make_order(alice.user, service) for _ in range(2))

    reply = alice("status", order=f"{first.pk},{second.pk}")

    assert list(reply) == [str(first.pk), str(second.pk)]


@pytest.mark.parametrize(
    "text", ["0", "-1", "abc", "1.5", "9" * 18, "9" * 5000, "٣", "1;2", "0x1", "null"]
)
def test_an_id_that_is_none_is_an_incorrect_order_id(alice: Caller, text: str) -> None:
    assert alice("status", order=text) == {"error": "Incorrect order ID"}
    assert alice("status", orders=text) == {text: {"error": "Incorrect order ID"}}


@pytest.mark.parametrize(
    "fields", [{}, {"order": ""}, {"orders": " , "}, {"order": "1", "orders": "2"}]
)
def test_it_must_be_clear_which_orders_are_meant(
    alice: Caller, fields: dict[str, Any]
) -> None:
    assert alice("status", **fields) == {
        "error": "Incorrect request: give either order or orders"
    }


def test_a_hundred_ids_are_answered_and_one_more_is_too_many(alice: Caller) -> None:
    ids = [str(number) for number in range(10**9, 10**9 + 101)]

    assert len(alice("status", orders=",".join(ids[:100]))) == 100
    assert alice("status", orders=",".join(ids)) == {"error": "Maximum 100 IDs"}


def test_many_orders_take_as_many_statements_as_one(
    alice: Caller, service: Service
) -> None:
    ids = [make_order(alice.user, service).pk for _ in range(3)]
    with CaptureQueriesContext(connection) as one:
        alice("status", orders=ids[0])

    with CaptureQueriesContext(connection) as three:
        alice("status", orders=",".join(map(str, ids)))

    assert len(three) == len(one)
