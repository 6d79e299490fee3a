"""Following refills until they have ended."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from notices.models import Notice
from orders import actions
from orders.actions.refill_tracking import apply_refill_statuses
from orders.enums import RefillStatus, RequestState
from orders.models import OrderRequest
from provider.models import Provider
from provider.protocol.replies import RefillAnswer, RequestOutcome
from provider.protocol.statuses import RefillStatus as Upstream
from shop.models import Tick
from shop.ticks import take
from tests.orders.acting import (
    EXCHANGE,
    Script,
    accepted,
    book,
    call_failed,
    completed,
    make_due,
    reasons,
    refill_says,
    seconds_ahead,
    send_requests,
    staff_alerts,
)
from tests.orders.asking import orders_of_one_provider, refill_asked, sent

pytestmark = pytest.mark.django_db


def refilling(script: Script) -> OrderRequest:
    """Return a refill that its provider has accepted as number 7."""
    order = completed(script)
    request = actions.request_refill(order=order, by=order.customer)
    make_due(request)
    send_requests(order)
    return fresh(request)


def fresh(request: OrderRequest) -> OrderRequest:
    return OrderRequest.objects.select_related("order").get(pk=request.pk)


def provider_id(request: OrderRequest) -> int:
    return request.order.provider_id or 0


def tracked(
    script: Script, request: OrderRequest, status: Upstream | None
) -> OrderRequest:
    script.refills = {"7": refill_says(status)}
    make_due(request)
    actions.track_refills(provider_id=provider_id(request))
    return fresh(request)


@pytest.mark.parametrize(
    ("upstream", "ours"),
    [
        (Upstream.COMPLETED, RefillStatus.COMPLETED),
        (Upstream.REJECTED, RefillStatus.REJECTED),
        (Upstream.CANCELED, RefillStatus.REJECTED),
        (Upstream.ERROR, RefillStatus.REJECTED),
    ],
)
def test_a_refill_ends_as_its_provider_says(
    script: Script, upstream: Upstream, ours: RefillStatus
) -> None:
    request = tracked(script, refilling(script), upstream)
    tracked(script, request, upstream)

    assert request.status == ours
    assert request.next_at is None
    assert request.closed_at is not None
    assert reasons(request.order)[-1] == f"refill: {ours}"
    assert request.reply is not None
    told = Notice.objects.get(user=request.order.customer)
    assert told.key == f"refill:{request.pk}:{ours}"


def test_a_refill_under_way_is_asked_about_again(
    script: Script, settings: Settings
) -> None:
    request = tracked(script, refilling(script), Upstream.IN_PROGRESS)

    assert request.status == RefillStatus.IN_PROGRESS
    assert request.closed_at is None
    assert seconds_ahead(request) > settings.TRACK_INTERVAL


def test_an_answer_that_says_nothing_new_leaves_no_event(script: Script) -> None:
    request = refilling(script)
    before = book(request.order.customer)

    tracked(script, request, Upstream.PENDING)

    assert book(request.order.customer) == before


@pytest.mark.parametrize("status", [None, Upstream.NOT_FOUND])
def test_an_unclear_refill_stays_and_is_flagged_in_the_end(
    script: Script, settings: Settings, status: Upstream | None
) -> None:
    request = refilling(script)
    for misses in range(1, 7):
        request = tracked(script, request, status)
        assert request.misses == misses
        assert (request.flagged_at is not None) == (misses >= 5)

    assert request.status == RefillStatus.REQUESTED
    assert seconds_ahead(request) > settings.TRACK_INTERVAL_MAX - 5
    assert staff_alerts() == [
        f"Order {request.order_id}: its refill's status is unclear"
    ]


def test_a_refill_that_is_left_out_is_missed(script: Script) -> None:
    request = refilling(script)
    make_due(request)
    OrderRequest.objects.update(misses=4)

    actions.track_refills(provider_id=provider_id(request))

    assert fresh(request).flagged_at is not None


def test_a_clear_answer_takes_the_flag_away(script: Script) -> None:
    request = refilling(script)
    OrderRequest.objects.update(misses=7, flagged_at=Now())

    request = tracked(script, request, Upstream.IN_PROGRESS)

    assert (request.flagged_at, request.misses) == (None, 0)


def test_a_refill_that_was_closed_meanwhile_stays_closed(script: Script) -> None:
    asked = refilling(script)
    closed = tracked(script, asked, Upstream.COMPLETED)

    apply_refill_statuses(
        provider=Provider.objects.get(),
        refills=[asked],
        answers={"7": refill_says(Upstream.IN_PROGRESS)},
        exchange=EXCHANGE,
    )

    assert fresh(asked).status == RefillStatus.COMPLETED
    assert fresh(asked).closed_at == closed.closed_at
    assert fresh(asked).next_at is None


def test_a_failed_call_changes_nothing_and_staff_are_told(script: Script) -> None:
    request = refilling(script)
    script.failure = lambda ids: call_failed("html", retry_after=600)
    events = reasons(request.order)
    make_due(request)

    assert actions.track_refills(provider_id=provider_id(request)) == 0
    make_due(request)
    assert actions.track_refills(provider_id=provider_id(request)) == 0

    assert len(script.asked("refill_statuses")) == 1
    assert fresh(request).status == RefillStatus.REQUESTED
    assert reasons(request.order) == events
    assert len(staff_alerts()) == 1


def test_a_failed_call_without_retry_after_is_made_again(script: Script) -> None:
    request = refilling(script)
    script.failure = lambda ids: call_failed()
    make_due(request)
    actions.track_refills(provider_id=provider_id(request))
    script.failure = lambda ids: None

    assert tracked(script, request, Upstream.COMPLETED).closed_at is not None


def test_only_due_refills_of_that_provider_are_asked_about(script: Script) -> None:
    request = refilling(script)
    other = accepted(script)

    assert actions.track_refills(provider_id=provider_id(request)) == 0
    make_due(request)
    assert actions.track_refills(provider_id=other.provider_id or 0) == 0
    assert actions.track_refills(provider_id=999_999_999) == 0

    assert script.asked("refill_statuses") == []


def test_refills_keep_the_rate_limit(script: Script) -> None:
    request = refilling(script)
    make_due(request)
    Provider.objects.update(next_call_at="2999-01-01T00:00Z")

    assert actions.track_refills(provider_id=provider_id(request)) == 0

    assert script.asked("refill_statuses") == []


def test_a_provider_that_answers_one_by_one_is_remembered(script: Script) -> None:
    request = refilling(script)
    script.one_by_one = True

    for _ in range(2):
        tracked(script, request, Upstream.IN_PROGRESS)

    assert Provider.objects.get().refill_status_one_by_one


def test_an_inactive_provider_still_ends_its_refills(script: Script) -> None:
    request = refilling(script)
    Provider.objects.update(active=False)

    request = tracked(script, request, Upstream.COMPLETED)

    assert request.state == RequestState.ACCEPTED
    assert request.closed_at is not None


def test_nobody_asks_while_a_provider_has_not_answered(script: Script) -> None:
    request = refilling(script)
    script.refills = {"7": refill_says(Upstream.IN_PROGRESS)}
    asked_meanwhile = []

    def ask_too(ids: Sequence[str]) -> None:
        make_due(request)
        if len(script.asked("refill_statuses")) == 1:
            asked_meanwhile.append(
                actions.track_refills(provider_id=provider_id(request))
            )

    script.failure = ask_too
    make_due(request)
    assert actions.track_refills(provider_id=provider_id(request)) == 1
    assert asked_meanwhile == [0]

    make_due(request)
    assert actions.track_refills(provider_id=provider_id(request)) == 1
    assert len(script.asked("refill_statuses")) == 2


def test_a_tracker_that_died_keeps_nobody_waiting_for_ever(script: Script) -> None:
    request = refilling(script)
    take(f"orders.refills:{provider_id(request)}", every=90)
    make_due(request)
    assert actions.track_refills(provider_id=provider_id(request)) == 0

    Tick.objects.update(last_at=Now() - timedelta(seconds=100))

    assert actions.track_refills(provider_id=provider_id(request)) == 1


def test_refills_asked_about_one_by_one_are_as_many_as_the_rate_limit_has_calls(
    script: Script,
) -> None:
    for number, order in enumerate(orders_of_one_provider(script, 3), start=7):
        script.refill = RefillAnswer(RequestOutcome.ACCEPTED, str(number))
        sent(refill_asked(script, order))
    OrderRequest.objects.update(next_at=Now() - timedelta(seconds=1))
    # Room for two calls: one now, and one as far ahead as a burst goes.
    Provider.objects.update(
        refill_status_one_by_one=True,
        calls_per_minute=15,
        next_call_at="2026-01-01T00:00Z",
    )

    assert actions.track_refills(provider_id=Provider.objects.get().pk) == 2

    assert script.asked("refill_statuses") == [["7", "8"]]
    assert OrderRequest.objects.filter(next_at__lte=Now()).count() == 1
