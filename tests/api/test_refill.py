"""`refill` and `refill_status`."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders.enums import RefillStatus, RequestKind, RequestState, Status
from orders.models import Order, OrderRequest
from provider.models import Service
from tests.api.callers import Caller, accept, nothing_happens
from tests.factories import make_order, make_service


@pytest.fixture
def completed(alice: Caller, service: Service) -> Order:
    return accept(make_order(alice.user, service), Status.COMPLETED)


def test_a_single_refills_id_is_text(alice: Caller, completed: Order) -> None:
    reply = alice("refill", order=completed.pk)

    refill = OrderRequest.objects.get()
    assert reply == {"refill": str(refill.pk)}
    assert (refill.order, refill.kind, refill.by) == (
        completed,
        RequestKind.REFILL,
        alice.user,
    )


def test_each_of_many_has_its_own_answer_and_a_number_for_an_id(
    alice: Caller, service: Service, completed: Order
) -> None:
    running = accept(make_order(alice.user, service))

    reply = alice("refill", orders=f"{completed.pk},{running.pk},99999999,abc")

    assert reply == [
        {"order": completed.pk, "refill": OrderRequest.objects.get().pk},
        {
            "order": running.pk,
            "refill": {"error": "Only completed orders can be refilled."},
        },
        {"order": 99999999, "refill": {"error": "Incorrect order ID"}},
        {"order": "abc", "refill": {"error": "Incorrect order ID"}},
    ]


def test_an_id_named_twice_makes_one_refill(alice: Caller, completed: Order) -> None:
    reply = alice("refill", orders=f"{completed.pk},{completed.pk}")

    assert reply == [{"order": completed.pk, "refill": OrderRequest.objects.get().pk}]


def test_a_refill_under_way_is_not_made_again(alice: Caller, completed: Order) -> None:
    alice("refill", order=completed.pk)

    with nothing_happens():
        reply = alice("refill", order=completed.pk)

    assert reply == {"error": "A refill is under way already."}


def test_a_service_without_refill_is_refused(alice: Caller) -> None:
    order = make_order(alice.user, make_service(refill=False))
    accept(order, Status.COMPLETED)

    with nothing_happens():
        reply = alice("refill", order=order.pk)

    assert reply == {"error": "This service comes without refill."}


def test_a_refill_that_is_not_possible_yet_says_from_when_in_utc(
    alice: Caller, completed: Order
) -> None:
    Service.objects.update(refill_hours=24)
    ended_at = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    Order.objects.update(finished_at=ended_at)
    possible_from = ended_at.astimezone(UTC) + timedelta(hours=24)
    error = {
        "error": "A refill is not possible yet. "
        f"Possible from {possible_from:%Y-%m-%dT%H:%M:%S}Z"
    }

    with nothing_happens():
        assert alice("refill", order=completed.pk) == error
        assert alice("refill", orders=completed.pk) == [
            {"order": completed.pk, "refill": error}
        ]


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        (RefillStatus.REQUESTED, "Pending"),
        (RefillStatus.IN_PROGRESS, "In progress"),
        (RefillStatus.COMPLETED, "Completed"),
        (RefillStatus.REJECTED, "Rejected"),
    ],
)
def test_a_refills_status_in_the_protocols_words(
    alice: Caller, completed: Order, inside: RefillStatus, outside: str
) -> None:
    refill = make_refill(completed, inside)

    assert alice("refill_status", refill=refill.pk) == {"status": outside}


@pytest.mark.parametrize("name", ["refill", "refills"])
def test_the_status_of_many_refills(alice: Caller, completed: Order, name: str) -> None:
    done = make_refill(completed, RefillStatus.COMPLETED)
    rejected = make_refill(completed, RefillStatus.REJECTED)

    asked: dict[str, Any] = {name: f"{done.pk},{rejected.pk},99999999"}
    reply = alice("refill_status", **asked)

    assert reply == [
        {"refill": done.pk, "status": "Completed"},
        {"refill": rejected.pk, "status": "Rejected"},
        {"refill": 99999999, "status": {"error": "Refill not found"}},
    ]


def test_a_providers_words_about_a_refill_do_not_leak(
    alice: Caller, completed: Order
) -> None:
    refill = make_refill(completed, RefillStatus.REJECTED, error="ask panel.example")

    assert alice("refill_status", refill=refill.pk) == {"status": "Rejected"}


@pytest.mark.parametrize("text", ["0", "-1", "abc", "9" * 18, "9" * 500])
def test_a_refill_that_is_none_is_not_found(alice: Caller, text: str) -> None:
    assert alice("refill_status", refill=text) == {"error": "Refill not found"}


def test_a_cancel_is_not_a_refill(alice: Caller, completed: Order) -> None:
    cancel = OrderRequest.objects.create(
        order=completed, kind=RequestKind.CANCEL, next_at=timezone.now()
    )

    reply = alice("refill_status", refill=cancel.pk)

    assert reply == {"error": "Refill not found"}


def make_refill(order: Order, status: RefillStatus, error: str = "") -> OrderRequest:
    return OrderRequest.objects.create(
        order=order,
        kind=RequestKind.REFILL,
        state=RequestState.ACCEPTED,
        status=status,
        error=error,
        closed_at=timezone.now(),
    )
