"""What an answer to a refill or a cancel does, and what its absence does."""

from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from ledger.queries import balance
from notices.models import Notice
from orders import actions
from orders.actions import request_answering
from orders.actions.request_answering import give_up_request
from orders.enums import RefillStatus, RequestState, Status
from orders.errors import OrderError
from orders.models import OrderRequest
from provider.protocol.replies import CancelAnswer, RefillAnswer, RequestOutcome
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_admin
from tests.orders.acting import (
    Script,
    again,
    book,
    completed,
    reasons,
    says,
    seconds_ahead,
    send_requests,
    staff_alerts,
    tracked,
)
from tests.orders.asking import (
    CANCEL_NOT_EXECUTED,
    CANCEL_REFUSED,
    CANCEL_UNKNOWN,
    REFILL_NOT_EXECUTED,
    REFILL_REFUSED,
    REFILL_UNKNOWN,
    answered,
    being_sent,
    cancel_asked,
    fresh,
    orders_of_one_provider,
    refill_asked,
    sent,
)

pytestmark = pytest.mark.django_db


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


def test_a_cancel_that_is_not_executed_is_sent_on_and_flagged_after_a_while(
    script: Script,
) -> None:
    script.cancel = CANCEL_NOT_EXECUTED
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


def test_a_cancel_that_stays_unknown_is_sent_five_times_and_then_left_to_staff(
    script: Script,
) -> None:
    script.cancel = CANCEL_UNKNOWN
    request = cancel_asked(script)
    states = []
    for _ in range(7):
        request = sent(request)
        states.append(request.state)

    assert states == [RequestState.REQUESTED] * 4 + [RequestState.UNKNOWN] * 3
    assert request.flagged_at is not None
    assert len(script.asked("cancel")) == 5
    assert staff_alerts() == [f"Order {request.order_id}: cancel sent 5 times in vain"]


def test_an_unknown_cancel_is_closed_once_its_order_has_ended(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    request = cancel_asked(script)
    OrderRequest.objects.update(
        state=RequestState.UNKNOWN, next_at=None, flagged_at=Now()
    )
    actions.sweep()
    assert fresh(request).closed_at is None

    tracked(script, request.order, says(UpstreamStatus.CANCELED, charge="0"))
    actions.sweep()

    request = fresh(request)
    assert (request.state, request.flagged_at) == (RequestState.REFUSED, None)
    assert request.closed_at is not None
    assert reasons(request.order)[-1] == "cancel: closed, the order has ended"


def test_an_answer_to_a_cancel_of_an_order_that_ended_meanwhile_has_it_read_again(
    script: Script,
) -> None:
    request = being_sent(cancel_asked(script))
    tracked(script, request.order, says(UpstreamStatus.COMPLETED, charge="1"))

    answered(request, script.cancel)

    assert fresh(request).state == RequestState.ACCEPTED
    assert seconds_ahead(request.order) <= 0
    assert again(request.order).status == Status.COMPLETED


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

    answered(request, late)

    request = fresh(request)
    assert (request.state, request.flagged_at) == (state, None)


def test_the_same_answer_twice_changes_nothing(script: Script) -> None:
    request = sent(refill_asked(script))
    before = book(request.order.customer)

    answered(request, REFILL_REFUSED)

    assert fresh(request).state == RequestState.ACCEPTED
    assert book(request.order.customer) == before


def test_an_id_that_another_refill_has_makes_a_refill_unknown(script: Script) -> None:
    first, second = orders_of_one_provider(script, 2)
    taken = sent(refill_asked(script, first))

    request = sent(refill_asked(script, second))

    assert taken.upstream_id == "7"
    assert (request.state, request.upstream_id) == (RequestState.UNKNOWN, "")
    assert request.error == f"its id 7 is that of {taken}"
    assert request.flagged_at is not None


def test_two_providers_may_use_the_same_id(script: Script) -> None:
    requests = [sent(refill_asked(script)) for _ in range(2)]

    assert [request.upstream_id for request in requests] == ["7", "7"]
    assert [request.state for request in requests] == [RequestState.ACCEPTED] * 2


def test_a_late_answer_to_what_is_to_be_asked_again_is_taken(script: Script) -> None:
    request = being_sent(refill_asked(script))
    give_up_request(request_id=request.pk)
    actions.ask_again(request=request, by=make_admin())

    request = answered(request, RefillAnswer(RequestOutcome.ACCEPTED, "7"))

    assert (request.state, request.upstream_id) == (RequestState.ACCEPTED, "7")
    assert sent(request).upstream_id == "7"
    assert script.asked("refill") == []


@pytest.mark.parametrize("closed", [False, True])
def test_a_refill_that_turns_up_beside_the_one_that_is_followed_is_told_to_staff(
    script: Script, closed: bool
) -> None:
    request = sent(refill_asked(script))
    if closed:
        request = actions.close_as_rejected(request=request, by=make_admin())
    before = fresh(request)

    after = answered(request, RefillAnswer(RequestOutcome.ACCEPTED, "8"))

    assert (after.state, after.upstream_id) == (before.state, "7")
    assert staff_alerts() == [
        f"Order {request.order_id}: there is another refill upstream: 8"
    ]
    assert reasons(request.order)[-1] == "refill: there is another refill upstream: 8"


def test_one_answer_that_cannot_be_applied_does_not_block_the_others(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [cancel_asked(script, o) for o in orders_of_one_provider(script, 3)]
    poison = requests[1]
    close = request_answering.close

    def fail(request: OrderRequest, state: RequestState) -> None:
        if request.pk == poison.pk:
            raise RuntimeError("poison")
        close(request, state)

    monkeypatch.setattr(request_answering, "close", fail)
    send_requests(poison.order)

    assert [fresh(request).state for request in requests] == [
        RequestState.ACCEPTED,
        RequestState.SENDING,
        RequestState.ACCEPTED,
    ]
    assert 0 < seconds_ahead(poison) <= 60


@pytest.mark.parametrize(
    ("answer", "subject"),
    [
        (REFILL_REFUSED, "Order {}: the refill was rejected"),
        (REFILL_UNKNOWN, None),
        (REFILL_NOT_EXECUTED, None),
    ],
)
def test_a_customer_is_told_when_a_refill_was_rejected_and_not_before(
    script: Script, answer: RefillAnswer, subject: str | None
) -> None:
    script.refill = answer

    request = sent(refill_asked(script))

    told = Notice.objects.filter(user=request.order.customer)
    expected = [subject.format(request.order_id)] if subject else []
    assert [notice.subject for notice in told] == expected


def test_a_customer_is_told_in_their_language(script: Script) -> None:
    order = completed(script)
    User.objects.update(language="ko")
    script.refill = REFILL_REFUSED

    sent(fresh(actions.request_refill(order=order, by=order.customer)))

    with translation.override("ko"):
        subject = gettext("Order %(number)d: the refill was rejected")
    told = Notice.objects.get(user=order.customer)
    assert told.subject == subject % {"number": order.pk}
