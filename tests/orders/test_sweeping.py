"""The sweeper: what is due is found, whatever message was lost."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from ledger.queries import balance
from orders import actions
from orders.actions import holding, sweeping
from orders.enums import RequestState, Submission
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
    make_due,
    reasons,
    seconds_ahead,
    send_requests,
    sending,
    staff_alerts,
)

pytestmark = pytest.mark.django_db
Rings = list[tuple[str, dict[str, object]]]


def test_a_queued_order_is_rung_for_and_not_again_for_a_while(rings: Rings) -> None:
    order = make_order()

    actions.sweep()
    actions.sweep()

    assert rings == [("orders.submit", {"order_id": order.pk})]
    assert 5 < seconds_ahead(order) <= 10


def test_an_order_that_was_rung_for_can_be_sent(script: Script, rings: Rings) -> None:
    order = make_order()
    actions.sweep()

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED


def test_an_order_whose_lease_is_over_is_unknown_and_flagged(
    script: Script, rings: Rings
) -> None:
    order = sending(script).order
    make_due(order)

    actions.sweep()

    order = again(order)
    assert order.submission == Submission.UNKNOWN
    assert 0 < seconds_ahead(order) <= 5
    assert order.flag_reason == (
        "unknown whether it was accepted: no answer within the lease"
    )
    assert balance(customer=order.customer) == 98
    assert len(staff_alerts()) == 1
    assert rings == []


def test_an_order_within_its_lease_is_left_alone(script: Script, rings: Rings) -> None:
    order = sending(script).order
    before = book(order.customer)

    actions.sweep()

    assert again(order).submission == Submission.SENDING
    assert book(order.customer) == before


def test_a_held_order_is_queued_again_and_rung_for(
    script: Script, rings: Rings
) -> None:
    order = answer(sending(script), NO_FUNDS)
    make_due(order)

    actions.sweep()

    assert again(order).submission == Submission.QUEUED
    assert rings == [("orders.submit", {"order_id": order.pk})]
    assert reasons(order)[-1] == "waited long enough to try again"


def test_a_held_order_is_left_alone_before_its_time(
    script: Script, rings: Rings
) -> None:
    order = answer(sending(script), NO_FUNDS)

    actions.sweep()

    assert again(order).submission == Submission.HELD
    assert rings == []


def test_each_provider_with_due_orders_is_rung_for_once(
    script: Script, rings: Rings
) -> None:
    orders = [accepted(script) for _ in range(2)]
    make_due(orders[0])

    actions.sweep()

    assert rings == [("orders.track", {"provider_id": orders[0].provider_id})]


def test_a_provider_with_a_due_refill_is_rung_for(script: Script, rings: Rings) -> None:
    order = completed(script)
    request = actions.request_refill(order=order, by=order.customer)
    send_requests(order)
    make_due(request)

    actions.sweep()

    assert rings == [("orders.track", {"provider_id": order.provider_id})]


def test_a_request_to_send_is_rung_for(script: Script, rings: Rings) -> None:
    order = completed(script)
    actions.request_refill(order=order, by=order.customer)

    actions.sweep()

    assert rings == [("orders.send_requests", {"provider_id": order.provider_id})]


def test_a_request_whose_lease_is_over_is_given_up(
    script: Script, rings: Rings
) -> None:
    order = completed(script)
    request = actions.request_refill(order=order, by=order.customer)
    OrderRequest.objects.update(
        state=RequestState.SENDING, next_at=Now() - timedelta(seconds=1)
    )

    actions.sweep()

    request.refresh_from_db()
    assert request.state == RequestState.UNKNOWN
    assert rings == []


def test_one_order_that_fails_does_not_keep_the_others_waiting(
    script: Script, rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, other = (sending(script).order for _ in range(2))
    for order in (poison, other):
        make_due(order)
    queued = make_order()
    expire = sweeping._expire

    def fail(order_id: int) -> None:
        if order_id == poison.pk:
            raise RuntimeError("poison")
        expire(order_id)

    monkeypatch.setattr(sweeping, "_expire", fail)
    actions.sweep()

    assert again(poison).submission == Submission.SENDING
    assert again(other).submission == Submission.UNKNOWN
    assert rings == [("orders.submit", {"order_id": queued.pk})]


def test_a_funded_order_that_fails_does_not_keep_the_others_waiting(
    script: Script, rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = answer(sending(script), NO_FUNDS)
    queued = make_order()

    def fail(*, order_id: int, why: str) -> bool:
        raise RuntimeError("poison")

    monkeypatch.setattr(holding, "funded", lambda: [poison.pk])
    monkeypatch.setattr(holding, "release", fail)
    actions.sweep()

    assert rings == [("orders.submit", {"order_id": queued.pk})]


@pytest.mark.parametrize("step", [sweeping._expire, sweeping._release])
def test_an_order_that_moved_at_that_very_moment_is_left_alone(
    script: Script, step: object
) -> None:
    order = accepted(script)
    make_due(order)
    before = book(order.customer)

    step(order.pk)  # type: ignore[operator]

    assert again(order).submission == Submission.ACCEPTED
    assert book(order.customer) == before


def test_nothing_due_rings_for_nobody(script: Script, rings: Rings) -> None:
    order = accepted(script)
    Order.objects.filter(pk=order.pk).update(next_at=Now() + timedelta(hours=1))

    actions.sweep()

    assert rings == []
