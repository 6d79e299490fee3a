"""`status`."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.enums import FINISHED, Status, Submission
from orders.models import Delivery, Order
from provider.models import Service
from provider.protocol.replies import StatusRow
from provider.protocol.statuses import UpstreamStatus
from provider.protocol.tracking import read_statuses
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


# Drip-feeds and subscriptions.


def a_drip_feed(caller: Caller, **fields: Any) -> Order:
    raw = {"link": LINK, "quantity": "100", "runs": "10", "interval": "5"}
    return accept(make_order(caller.user, make_service(dripfeed=True), raw), **fields)


def a_subscription(caller: Caller, least: str = "50", **fields: Any) -> Order:
    raw = {
        "username": "ann",
        "min": least,
        "max": "100",
        "posts": "10",
        "delay": "0",
        "expiry": "31/12/2999",
    }
    service = make_service(type=ServiceType.SUBSCRIPTIONS)
    return accept(make_order(caller.user, service, raw), **fields)


def make_part(
    order: Order, number: int, status: Status = Status.COMPLETED, **fields: Any
) -> Delivery:
    """Let upstream have made an order of one of ours."""
    return Delivery.objects.create(
        pk=10**6 + number,
        order=order,
        provider=order.provider,
        upstream_id=f"upstream-part-{number}",
        status=status,
        next_at=timezone.now(),
        finished_at=timezone.now() if status in FINISHED else None,
        **fields,
    )


def test_a_drip_feed_says_how_many_runs_are_done_and_their_own_numbers(
    alice: Caller,
) -> None:
    order = a_drip_feed(alice, remains=850)
    make_part(order, 1, delivered=100)
    make_part(order, 2, Status.IN_PROGRESS, remains=50)

    assert alice("status", order=order.pk) == {
        "charge": "2",
        "start_count": "0",
        "status": "In progress",
        "remains": "850",
        "currency": "USD",
        "runs": "1",
        "orders": [1000001, 1000002],
    }


@pytest.mark.parametrize(("remains", "runs"), [(None, "0"), (850, "1"), (0, "10")])
def test_where_no_run_is_named_they_are_counted_by_what_remains(
    alice: Caller, remains: int | None, runs: str
) -> None:
    reply = alice("status", order=a_drip_feed(alice, remains=remains).pk)

    assert (reply["runs"], reply["orders"]) == (runs, [])


def test_a_subscription_says_what_it_has_done_and_never_the_upstreams_numbers(
    alice: Caller,
) -> None:
    order = a_subscription(alice)
    make_part(order, 1, delivered=80)

    reply = alice("status", order=order.pk)

    assert reply == {
        "status": "Active",
        "expiry": "31/12/2999",
        "posts": "1",
        "orders": [1000001],
        "charge": "2",
        "currency": "USD",
    }
    assert "upstream" not in str(reply)


@pytest.mark.parametrize(
    ("inside", "refunded", "outside"),
    [
        (Status.PENDING, 0, "Pending"),
        (Status.IN_PROGRESS, 0, "Active"),
        (Status.PAUSED, 0, "Paused"),
        (Status.COMPLETED, 1, "Completed"),
        (Status.PARTIAL, 1, "Expired"),
        (Status.CANCELED, 2, "Canceled"),
    ],
)
def test_a_subscription_has_words_of_its_own(
    alice: Caller, inside: Status, refunded: int, outside: str
) -> None:
    order = a_subscription(alice, status=inside, refunded=refunded)

    reply = alice("status", order=order.pk)

    assert (reply["status"], reply["charge"]) == (outside, str(2 - refunded))


@pytest.mark.parametrize(
    ("status", "fields", "shown"),
    [
        (Status.PENDING, {}, ("Pending", "0.2", "100")),
        (Status.IN_PROGRESS, {"remains": 40}, ("In progress", "0.2", "40")),
        (Status.IN_PROGRESS, {"remains": -4}, ("In progress", "0.2", "0")),
        (Status.COMPLETED, {"delivered": 100}, ("Completed", "0.2", "0")),
        (Status.PARTIAL, {"delivered": 70, "remains": 30}, ("Partial", "0.14", "30")),
        (Status.CANCELED, {"delivered": 0}, ("Canceled", "0", "100")),
        (Status.FAILED, {"delivered": 0}, ("Canceled", "0", "100")),
        # It has ended, and nobody knows yet what came.
        (Status.PARTIAL, {"remains": 500}, ("In progress", "0.2", "100")),
    ],
)
def test_a_run_is_asked_about_like_an_order(
    alice: Caller, status: Status, fields: dict[str, int], shown: tuple[str, str, str]
) -> None:
    part = make_part(a_drip_feed(alice), 1, status, start_count=7, **fields)

    reply = alice("status", order=part.pk)

    assert (reply["status"], reply["charge"], reply["remains"]) == shown
    assert (reply["start_count"], reply["currency"]) == ("7", "USD")


@pytest.mark.parametrize(
    ("least", "fields", "shown"),
    [
        ("50", {"delivered": 80}, ("0.16", "0")),
        ("50", {"delivered": 80, "remains": 15}, ("0.16", "15")),
        ("100", {"delivered": 80}, ("0.16", "20")),
    ],
)
def test_a_post_costs_what_came(
    alice: Caller, least: str, fields: dict[str, int], shown: tuple[str, str]
) -> None:
    part = make_part(a_subscription(alice, least), 1, Status.PARTIAL, **fields)

    reply = alice("status", order=part.pk)

    assert (reply["charge"], reply["remains"]) == shown


def test_a_part_of_somebody_elses_order_does_not_exist(
    alice: Caller, bob: Caller
) -> None:
    part = make_part(a_drip_feed(alice), 1)

    assert bob("status", order=part.pk) == {"error": "Incorrect order ID"}
    assert alice("cancel", orders=part.pk) == [
        {"order": part.pk, "cancel": {"error": "Incorrect order ID"}}
    ]


def test_our_own_client_understands_what_we_say_of_parts(alice: Caller) -> None:
    order = a_subscription(alice)
    part = make_part(order, 1, Status.PARTIAL, delivered=30, remains=20)
    ids = [str(order.pk), str(part.pk)]
    body = json.dumps(alice("status", orders=",".join(ids))).encode()

    rows = read_statuses(ids, body)

    whole, piece = rows[ids[0]], rows[ids[1]]
    assert isinstance(whole, StatusRow)
    assert isinstance(piece, StatusRow)
    assert (whole.status, whole.orders) == (UpstreamStatus.IN_PROGRESS, (ids[1],))
    assert (piece.status, piece.charge, piece.remains) == (
        UpstreamStatus.PARTIAL,
        Decimal("0.06"),
        20,
    )
