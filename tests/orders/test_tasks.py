"""What a message does: it looks at the rows, and no more."""

import pytest

from orders import actions, tasks
from orders.enums import RequestState, Status, Submission
from orders.models import OrderRequest
from provider.models import Provider
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order, make_service
from tests.orders.acting import (
    Script,
    accepted,
    again,
    call_failed,
    completed,
    make_due,
    says,
)

pytestmark = pytest.mark.django_db


def test_submit_sends_one_order(script: Script) -> None:
    order = make_order()

    tasks.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED


def test_the_same_message_twice_sends_one_order(script: Script) -> None:
    order = make_order()

    for _ in range(2):
        tasks.submit(order_id=order.pk)

    assert len(script.asked("add")) == 1


def test_track_asks_batch_by_batch_until_nothing_is_due(script: Script) -> None:
    service, customer = make_service(), make_customer(credit="100")
    orders = [accepted(script, make_order(customer, service)) for _ in range(5)]
    Provider.objects.update(batch_size=2)
    for order in orders:
        make_due(order)
        row = says(UpstreamStatus.COMPLETED, charge="1")
        script.statuses[order.upstream_id or ""] = row

    tasks.track(provider_id=orders[0].provider_id or 0)

    assert {again(order).status for order in orders} == {Status.COMPLETED}
    assert [len(ids) for ids in script.asked("statuses")] == [2, 2, 1]  # type: ignore[arg-type]


def test_track_stops_at_a_provider_that_does_not_answer(script: Script) -> None:
    service, customer = make_service(), make_customer(credit="100")
    orders = [accepted(script, make_order(customer, service)) for _ in range(3)]
    Provider.objects.update(batch_size=1)
    for order in orders:
        make_due(order)
    script.failure = lambda ids: call_failed()

    tasks.track(provider_id=orders[0].provider_id or 0)

    assert len(script.asked("statuses")) == 1


def test_track_asks_about_refills_too(script: Script) -> None:
    order = completed(script)
    request = actions.request_refill(order=order, by=order.customer)
    actions.send_requests(provider_id=order.provider_id or 0)
    make_due(request)

    tasks.track(provider_id=order.provider_id or 0)

    assert script.asked("refill_statuses") == [["7"]]


def test_send_requests_sends_batch_by_batch_until_nothing_is_due(
    script: Script,
) -> None:
    service, customer = make_service(), make_customer(credit="100")
    orders = [accepted(script, make_order(customer, service)) for _ in range(5)]
    Provider.objects.update(batch_size=2)
    for order in orders:
        actions.cancel_order(order=order, by=customer)

    tasks.send_requests(provider_id=orders[0].provider_id or 0)

    assert [len(ids) for ids in script.asked("cancel")] == [2, 2, 1]  # type: ignore[arg-type]
    states = OrderRequest.objects.values_list("state", flat=True)
    assert set(states) == {RequestState.ACCEPTED}


def test_two_schedulers_sweep_once_a_second(
    rings: list[tuple[str, dict[str, object]]],
) -> None:
    make_order()
    tasks.sweep()
    make_order()

    tasks.sweep()

    assert len(rings) == 1
