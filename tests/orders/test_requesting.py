"""Refills and cancels: who may ask, what leaves, and what an answer does."""

from collections.abc import Callable

import pytest
from django.db.models.functions import Now

from ledger.queries import balance
from orders import actions
from orders.actions.requesting import apply_request_answer, give_up_request
from orders.enums import (
    RefillStatus,
    RequestKind,
    RequestState,
    Status,
    Submission,
)
from orders.errors import OrderError
from orders.models import Order, OrderRequest
from provider.models import Provider
from provider.protocol.replies import CancelAnswer, RefillAnswer, RequestOutcome
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_order
from tests.orders.acting import (
    EXCHANGE,
    NO_FUNDS,
    Script,
    accepted,
    again,
    answer,
    book,
    completed,
    make_due,
    reasons,
    says,
    seconds_ahead,
    sending,
    staff_alerts,
    tracked,
)

pytestmark = pytest.mark.django_db

CANCEL_UNKNOWN = CancelAnswer(RequestOutcome.UNKNOWN, "html")
CANCEL_REFUSED = CancelAnswer(RequestOutcome.REFUSED, "Too late")
CANCEL_NOT_EXECUTED = CancelAnswer(RequestOutcome.NOT_EXECUTED, "slow down")
REFILL_UNKNOWN = RefillAnswer(RequestOutcome.UNKNOWN, error="html")
REFILL_REFUSED = RefillAnswer(RequestOutcome.REFUSED, error="Nothing dropped")
REFILL_NOT_EXECUTED = RefillAnswer(RequestOutcome.NOT_EXECUTED, error="slow down")


def fresh(request: OrderRequest | None) -> OrderRequest:
    assert request is not None
    return OrderRequest.objects.select_related("order").get(pk=request.pk)


def cancel_asked(script: Script) -> OrderRequest:
    order = accepted(script)
    return fresh(actions.cancel_order(order=order, by=order.customer))


def refill_asked(script: Script) -> OrderRequest:
    order = completed(script)
    return fresh(actions.request_refill(order=order, by=order.customer))


def sent(request: OrderRequest) -> OrderRequest:
    make_due(request)
    actions.send_request(request_id=request.pk)
    return fresh(request)


def being_sent(request: OrderRequest) -> OrderRequest:
    """Return a request whose worker died, with its lease over."""
    OrderRequest.objects.filter(pk=request.pk).update(state=RequestState.SENDING)
    make_due(request)
    return fresh(request)


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


def test_an_accepted_cancel_asks_about_the_order_at_once(script: Script) -> None:
    request = sent(cancel_asked(script))

    assert script.asked("cancel") == [[request.order.upstream_id]]
    assert request.state == RequestState.ACCEPTED
    assert request.closed_at is not None
    assert seconds_ahead(request.order) <= 0
    assert again(request.order).status == Status.PENDING
    assert balance(customer=request.order.customer) == 98


def test_money_comes_back_when_the_orders_status_says_canceled(
    script: Script, audit: Callable[[], list[str]]
) -> None:
    request = sent(cancel_asked(script))

    order = tracked(script, request.order, says(UpstreamStatus.CANCELED, charge="0"))

    assert order.status == Status.CANCELED
    assert balance(customer=order.customer) == 100
    assert audit() == []


def test_a_refused_cancel_is_closed_and_may_be_asked_again(script: Script) -> None:
    script.cancel = CANCEL_REFUSED

    request = sent(cancel_asked(script))

    assert (request.state, request.error) == (RequestState.REFUSED, "Too late")
    assert request.closed_at is not None
    assert reasons(request.order)[-1] == "cancel: refused Too late"
    assert actions.cancel_order(order=request.order, by=request.order.customer)


@pytest.mark.parametrize("answer", [CANCEL_UNKNOWN, CANCEL_NOT_EXECUTED])
def test_a_cancel_without_an_answer_is_sent_again_and_flagged_in_the_end(
    script: Script, answer: CancelAnswer
) -> None:
    script.cancel = answer
    request = cancel_asked(script)
    flagged, waits = [], []
    for _ in range(6):
        request = sent(request)
        flagged.append(request.flagged_at is not None)
        waits.append(round(seconds_ahead(request), -1))

    assert request.state == RequestState.REQUESTED
    assert flagged == [False] * 4 + [True] * 2
    assert waits == [60] * 4 + [900] * 2
    assert len(script.asked("cancel")) == 6
    assert staff_alerts() == [f"Order {request.order_id}: cancel sent 5 times in vain"]
    script.cancel = CancelAnswer(RequestOutcome.ACCEPTED)
    assert sent(request).flagged_at is None


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


def test_an_answer_to_a_cancel_of_an_order_that_ended_meanwhile_wakes_nobody(
    script: Script,
) -> None:
    request = being_sent(cancel_asked(script))
    tracked(script, request.order, says(UpstreamStatus.COMPLETED, charge="1"))

    apply_request_answer(request=request, answer=script.cancel, exchange=EXCHANGE)

    assert fresh(request).state == RequestState.ACCEPTED
    assert again(request.order).next_at is None
    assert again(request.order).events.latest("id").new_status == Status.COMPLETED


def test_a_request_is_sent_once_however_often_it_is_rung_for(script: Script) -> None:
    request = sent(refill_asked(script))

    actions.send_request(request_id=request.pk)
    actions.send_request(request_id=999_999_999)

    assert len(script.asked("refill")) == 1


def test_a_request_is_not_sent_before_its_time(script: Script) -> None:
    script.cancel = CANCEL_UNKNOWN
    request = sent(cancel_asked(script))

    actions.send_request(request_id=request.pk)

    assert len(script.asked("cancel")) == 1


def test_a_request_waits_for_the_providers_rate_limit(script: Script) -> None:
    request = cancel_asked(script)
    Provider.objects.update(next_call_at="2999-01-01T00:00Z")

    request = sent(request)

    assert script.asked("cancel") == []
    assert request.state == RequestState.REQUESTED
    assert 0 < seconds_ahead(request) <= 1


def test_a_request_for_an_order_that_nobody_accepted_is_an_error(
    script: Script,
) -> None:
    order = make_order()
    request = OrderRequest.objects.create(
        order=order, kind=RequestKind.CANCEL, next_at=Now()
    )

    with pytest.raises(ValueError, match="never accepted"):
        actions.send_request(request_id=request.pk)


def test_an_accepted_refill_is_followed(script: Script) -> None:
    request = sent(refill_asked(script))

    assert (request.state, request.upstream_id) == (RequestState.ACCEPTED, "7")
    assert request.status == RefillStatus.REQUESTED
    assert request.closed_at is None
    assert seconds_ahead(request) > 0
    assert reasons(request.order)[-2:] == ["refill asked for", "refill: accepted"]
    assert request.reply is not None


def test_a_refused_refill_is_rejected_and_may_be_asked_again(script: Script) -> None:
    script.refill = REFILL_REFUSED

    request = sent(refill_asked(script))

    assert request.state == RequestState.REFUSED
    assert request.status == RefillStatus.REJECTED
    assert request.closed_at is not None
    assert actions.request_refill(order=request.order, by=request.order.customer)


def test_a_refill_that_was_not_executed_is_sent_again(script: Script) -> None:
    script.refill = REFILL_NOT_EXECUTED
    request = sent(refill_asked(script))
    assert request.state == RequestState.REQUESTED
    script.refill = RefillAnswer(RequestOutcome.ACCEPTED, "7")

    assert sent(request).state == RequestState.ACCEPTED


def test_an_unknown_refill_is_flagged_and_never_sent_again(script: Script) -> None:
    script.refill = REFILL_UNKNOWN
    request = sent(refill_asked(script))
    assert request.state == RequestState.UNKNOWN
    assert (request.next_at, request.closed_at) == (None, None)
    assert request.flagged_at is not None
    assert staff_alerts() == [
        f"Order {request.order_id}: unknown whether the refill was accepted"
    ]

    request = sent(request)
    with pytest.raises(OrderError, match="under way already"):
        actions.request_refill(order=request.order, by=request.order.customer)

    assert len(script.asked("refill")) == 1
    assert OrderRequest.objects.count() == 1


def test_a_refill_whose_answer_never_came_is_unknown(script: Script) -> None:
    request = being_sent(refill_asked(script))

    give_up_request(request_id=request.pk)

    request = fresh(request)
    assert request.state == RequestState.UNKNOWN
    assert request.error == "no answer within the lease"
    assert reasons(request.order)[-1] == "refill: no answer within the lease"


def test_a_cancel_whose_answer_never_came_is_sent_again(script: Script) -> None:
    request = being_sent(cancel_asked(script))

    give_up_request(request_id=request.pk)

    assert fresh(request).state == RequestState.REQUESTED
    assert sent(request).state == RequestState.ACCEPTED


def test_a_request_that_was_answered_is_not_given_up(script: Script) -> None:
    request = sent(refill_asked(script))
    before = book(request.order.customer)

    give_up_request(request_id=request.pk)

    assert fresh(request).state == RequestState.ACCEPTED
    assert book(request.order.customer) == before


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (RefillAnswer(RequestOutcome.ACCEPTED, "7"), RequestState.ACCEPTED),
        (REFILL_REFUSED, RequestState.REFUSED),
        (REFILL_NOT_EXECUTED, RequestState.REQUESTED),
    ],
    ids=lambda value: getattr(value, "outcome", None),
)
def test_a_late_answer_to_an_unknown_refill_is_taken_and_its_flag_goes(
    script: Script, late: RefillAnswer, state: RequestState
) -> None:
    request = being_sent(refill_asked(script))
    give_up_request(request_id=request.pk)

    apply_request_answer(request=request, answer=late, exchange=EXCHANGE)

    request = fresh(request)
    assert (request.state, request.flagged_at) == (state, None)


def test_the_same_answer_twice_changes_nothing(script: Script) -> None:
    request = sent(refill_asked(script))
    before = book(request.order.customer)

    apply_request_answer(request=request, answer=REFILL_REFUSED, exchange=EXCHANGE)

    assert fresh(request).state == RequestState.ACCEPTED
    assert book(request.order.customer) == before


def test_a_refill_of_an_order_that_was_canceled_meanwhile_is_not_sent(
    script: Script,
) -> None:
    request = refill_asked(script)
    tracked(script, request.order, says(UpstreamStatus.CANCELED, charge="0"))

    request = sent(request)

    assert script.asked("refill") == []
    assert request.status == RefillStatus.REJECTED
    assert request.closed_at is not None


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
        request = actions.cancel_order(order=order, by=order.customer)

    assert rings == [("orders.send_request", {"request_id": fresh(request).pk})]


def test_a_request_is_known_by_its_kind_and_number(script: Script) -> None:
    request = cancel_asked(script)

    assert str(request) == f"cancel #{request.pk}"
    assert Order.objects.get(requests=request) == request.order
