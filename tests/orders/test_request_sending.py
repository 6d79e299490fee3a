"""Sending refills and cancels: what leaves, in which call, and what does not."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from orders import actions, tasks
from orders.enums import RefillStatus, RequestState
from orders.models import OrderRequest
from provider.models import Provider
from provider.protocol.replies import RefillAnswer, RequestOutcome
from provider.protocol.statuses import UpstreamStatus
from tests.orders.acting import (
    Script,
    WorkerDied,
    make_due,
    reasons,
    says,
    send_requests,
    tracked,
)
from tests.orders.asking import (
    CANCEL_UNKNOWN,
    REFILL_REFUSED,
    cancel_asked,
    fresh,
    orders_of_one_provider,
    refill_asked,
    sent,
)

pytestmark = pytest.mark.django_db


def test_a_cancel_of_an_order_that_ended_meanwhile_is_not_sent(script: Script) -> None:
    request = cancel_asked(script)
    tracked(script, request.order, says(UpstreamStatus.COMPLETED, charge="1"))

    request = sent(request)

    assert script.asked("cancel") == []
    assert request.state == RequestState.REFUSED
    assert request.closed_at is not None
    assert (
        reasons(request.order)[-1] == "cancel: not sent, the order has ended otherwise"
    )


def test_a_refill_of_an_order_that_was_canceled_meanwhile_is_not_sent(
    script: Script,
) -> None:
    request = refill_asked(script)
    tracked(script, request.order, says(UpstreamStatus.CANCELED, charge="0"))

    request = sent(request)

    assert script.asked("refill") == []
    assert request.status == RefillStatus.REJECTED
    assert request.closed_at is not None


def test_a_request_is_sent_once_however_often_it_is_rung_for(script: Script) -> None:
    request = sent(refill_asked(script))

    send_requests(request.order)
    actions.send_requests(provider_id=999_999_999)

    assert len(script.asked("refill")) == 1


def test_a_request_is_not_sent_before_its_time(script: Script) -> None:
    script.cancel = CANCEL_UNKNOWN
    request = sent(cancel_asked(script))

    send_requests(request.order)

    assert len(script.asked("cancel")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"next_call_at": "2999-01-01T00:00Z"},
        {"open_until": "2999-01-01T00:00Z"},
        {"paused_at": "2026-01-01T00:00Z"},
    ],
    ids=str,
)
def test_a_request_waits_for_a_provider_that_takes_none_now(
    script: Script, fields: dict[str, str]
) -> None:
    request = cancel_asked(script)
    before = Provider.objects.values(*fields).get()
    Provider.objects.update(**fields)

    request = sent(request)
    assert script.asked("cancel") == []
    assert request.state == RequestState.REQUESTED

    Provider.objects.update(**before)
    assert sent(request).state == RequestState.ACCEPTED


def test_a_provider_that_we_do_not_buy_from_any_more_is_still_asked(
    script: Script,
) -> None:
    request = cancel_asked(script)
    Provider.objects.update(active=False)

    assert sent(request).state == RequestState.ACCEPTED


def test_what_is_due_leaves_in_one_call_for_each_kind(script: Script) -> None:
    orders = orders_of_one_provider(script, 4)
    for order in orders[:2]:
        cancel_asked(script, order)
    refills = [refill_asked(script, order) for order in orders[2:]]
    script.refill_of = {refills[1].order.upstream_id or "": REFILL_REFUSED}
    ids = [order.upstream_id for order in orders]

    send_requests(orders[0])

    assert script.asked("cancel") == [ids[:2]]
    assert script.asked("refill") == [ids[2:]]
    assert [fresh(refill).state for refill in refills] == [
        RequestState.ACCEPTED,
        RequestState.REFUSED,
    ]


def test_a_batch_holds_no_more_than_the_provider_takes_the_longest_due_first(
    script: Script,
) -> None:
    orders = orders_of_one_provider(script, 3)
    requests = [cancel_asked(script, order) for order in orders]
    Provider.objects.update(batch_size=2)
    OrderRequest.objects.filter(pk=requests[0].pk).update(
        next_at=Now() - timedelta(seconds=1)
    )
    make_due(requests[2])
    ids = [order.upstream_id for order in orders]

    for _ in range(3):
        send_requests(orders[0])

    assert script.asked("cancel") == [[ids[0], ids[2]], [ids[1]]]


def test_an_id_that_the_reply_leaves_out_is_unknown(script: Script) -> None:
    orders = orders_of_one_provider(script, 2)
    requests = [refill_asked(script, order) for order in orders]
    left_out = RefillAnswer(RequestOutcome.UNKNOWN, error="left_out")
    script.refill_of = {orders[1].upstream_id or "": left_out}

    send_requests(orders[0])

    assert [fresh(request).state for request in requests] == [
        RequestState.ACCEPTED,
        RequestState.UNKNOWN,
    ]
    assert fresh(requests[1]).flagged_at is not None


def test_a_batch_that_is_refused_as_a_whole_is_sent_one_by_one_from_then_on(
    script: Script,
) -> None:
    orders = orders_of_one_provider(script, 3)
    requests = [refill_asked(script, order) for order in orders]
    script.refill = RefillAnswer(
        RequestOutcome.REFUSED, error="Incorrect request", whole=True
    )
    send_requests(orders[0])
    assert [fresh(request).state for request in requests] == [
        RequestState.REQUESTED
    ] * 3
    assert [fresh(request).misses for request in requests] == [0, 0, 0]
    assert Provider.objects.get().requests_one_by_one

    answers = map(str, range(71, 74))
    script.refill_of = {
        order.upstream_id or "": RefillAnswer(RequestOutcome.ACCEPTED, next(answers))
        for order in orders
    }
    tasks.send_requests(provider_id=orders[0].provider_id or 0)

    ids = [order.upstream_id for order in orders]
    assert script.asked("refill") == [ids, *[[upstream_id] for upstream_id in ids]]
    assert [fresh(request).upstream_id for request in requests] == ["71", "72", "73"]
    assert reasons(orders[0])[-3:] == [
        "refill asked for",
        "refill: not executed, as it was one of several",
        "refill: accepted",
    ]


def test_nothing_more_leaves_while_a_provider_has_not_answered(script: Script) -> None:
    hanging, waiting, refill = orders_of_one_provider(script, 3)
    cancel_asked(script, hanging)
    OrderRequest.objects.update(
        state=RequestState.SENDING, next_at=Now() + timedelta(seconds=30)
    )
    request = cancel_asked(script, waiting)
    other_kind = refill_asked(script, refill)

    request = sent(request)

    assert request.state == RequestState.REQUESTED
    assert script.asked("cancel") == []
    assert fresh(other_kind).state == RequestState.ACCEPTED
    OrderRequest.objects.filter(state=RequestState.SENDING).update(
        next_at=Now() - timedelta(seconds=1)
    )
    assert sent(request).state == RequestState.ACCEPTED


def test_a_refill_whose_worker_died_is_unknown_after_its_lease_and_never_repeated(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    request = refill_asked(script)
    script.failure = lambda ids: WorkerDied()
    with pytest.raises(WorkerDied):
        send_requests(request.order)
    script.failure = lambda ids: None
    assert fresh(request).state == RequestState.SENDING

    actions.sweep()
    assert fresh(request).state == RequestState.SENDING
    make_due(request)
    actions.sweep()
    request = sent(request)

    assert request.state == RequestState.UNKNOWN
    assert request.flagged_at is not None
    assert len(script.asked("refill")) == 1


def test_a_cancel_whose_worker_died_is_sent_again_after_its_lease(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    request = cancel_asked(script)
    script.failure = lambda ids: WorkerDied()
    with pytest.raises(WorkerDied):
        send_requests(request.order)
    script.failure = lambda ids: None
    make_due(request)
    actions.sweep()

    assert sent(request).state == RequestState.ACCEPTED
    assert len(script.asked("cancel")) == 2


def test_the_sweeper_rings_once_for_each_provider_that_is_not_paused(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    for order in orders_of_one_provider(script, 2):
        cancel_asked(script, order)
    paused = refill_asked(script)
    Provider.objects.filter(pk=paused.order.provider_id).update(paused_at=Now())

    actions.sweep()

    assert rings == [("orders.send_requests", {"provider_id": order.provider_id})]
