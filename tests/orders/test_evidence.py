"""Looking for unknown orders: what proves that one exists, and what proves nothing."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from ledger.queries import balance
from orders import actions
from orders.actions import answering
from orders.enums import EvidenceSource, Submission, Verdict
from orders.errors import OrderError
from orders.models import Attempt, Evidence, Order
from provider.models import Offer, Provider, Service
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import AddAnswer, AddOutcome, IdError, ListedOrder
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_admin, make_customer, make_order, make_service
from tests.orders.acting import (
    NO_FUNDS,
    REFUSED,
    TIMED_OUT,
    Script,
    accepted_as,
    again,
    answer,
    book,
    call_failed,
    make_due,
    says,
    seconds_ahead,
    sending,
    staff_alerts,
)

pytestmark = pytest.mark.django_db
Audit = Callable[[], list[str]]


@pytest.fixture
def service() -> Service:
    return make_service()


def knows(**extras: bool) -> None:
    """Switch on what the provider can be asked about unknown orders."""
    Provider.objects.update(**extras)


def placed(service: Service) -> Order:
    return make_order(make_customer(credit="100"), service)


def unknown(script: Script, service: Service) -> Order:
    return answer(sending(script, placed(service)), TIMED_OUT)


def accept(script: Script, service: Service, upstream_id: str) -> Order:
    return answer(sending(script, placed(service)), accepted_as(upstream_id))


def look(order: Order) -> Order:
    make_due(order)
    actions.gather_evidence(order_id=order.pk)
    return again(order)


def found_out(order: Order) -> list[tuple[str, str, str]]:
    rows = Evidence.objects.filter(attempt__order=order).order_by("id")
    return list(rows.values_list("source", "verdict", "upstream_id"))


def listed(order: Order, upstream_id: str, **fields: object) -> ListedOrder:
    """Return the order as the provider's list would have it."""
    attempt = order.attempts.latest("no")
    values: dict[str, object] = {
        "service": attempt.offer.upstream_id,
        "link": order.link,
        "request_id": "",
        "quantity": order.quantity,
        "charge": None,
        **fields,
    }
    return ListedOrder(upstream_id=upstream_id, **values)  # type: ignore[arg-type]


def test_an_unknown_order_is_looked_for_by_the_sweeper(
    script: Script, service: Service, rings: list[tuple[str, dict[str, object]]]
) -> None:
    order = unknown(script, service)
    make_due(order)
    rings.clear()

    actions.sweep()

    assert rings == [("orders.gather_evidence", {"order_id": order.pk})]


def test_without_anything_to_ask_it_stays_unknown_and_is_looked_at_again(
    script: Script, service: Service
) -> None:
    order = look(unknown(script, service))

    assert order.submission == Submission.UNKNOWN
    assert found_out(order) == []
    assert 590 < seconds_ahead(order) <= 600
    assert script.calls == [("add", script.calls[0][1])]


def test_an_order_that_is_not_due_or_not_unknown_is_not_looked_for(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    waiting, known = unknown(script, service), accept(script, service, "7")

    actions.gather_evidence(order_id=waiting.pk)
    look(known)

    assert script.asked("orders") == []


def test_while_the_lease_runs_nobody_looks(script: Script, service: Service) -> None:
    knows(list_orders=True)
    attempt = sending(script, placed(service))

    look(attempt.order)

    assert script.asked("orders") == []


# --- The same request id, sent again ----------------------------------------------


def repeat(script: Script, order: Order, what: AddAnswer) -> Order:
    script.add = lambda fields: what
    return look(order)


def test_the_same_request_id_brings_the_same_order(
    script: Script, service: Service, audit: Audit
) -> None:
    knows(request_ids=True)
    order = repeat(script, unknown(script, service), accepted_as("77"))

    first, second = script.asked("add")
    assert first == second
    assert isinstance(first, dict)
    assert first["request_id"] == str(order.attempts.get().request_id)
    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert order.flagged_at is None
    assert found_out(order) == [("request_id", "found", "77")]
    assert audit() == []


@pytest.mark.parametrize("what", [REFUSED, NO_FUNDS])
def test_a_refusal_of_the_same_request_id_says_that_there_is_none_and_settles_nothing(
    script: Script, service: Service, what: AddAnswer
) -> None:
    knows(request_ids=True)

    order = repeat(script, unknown(script, service), what)

    assert order.submission == Submission.UNKNOWN
    assert found_out(order) == [("request_id", "absent", "")]
    assert balance(customer=order.customer) == 98


@pytest.mark.parametrize(
    "what", [TIMED_OUT, AddAnswer(AddOutcome.NOT_EXECUTED, error="dns")]
)
def test_silence_about_the_same_request_id_proves_nothing(
    script: Script, service: Service, what: AddAnswer
) -> None:
    knows(request_ids=True)

    order = repeat(script, unknown(script, service), what)

    assert order.submission == Submission.UNKNOWN
    assert found_out(order) == [("request_id", "unclear", "")]
    assert order.attempts.get().upstream_id is None


def test_an_id_that_is_another_orders_proves_nothing(
    script: Script, service: Service
) -> None:
    knows(request_ids=True)
    accept(script, service, "77")

    order = repeat(script, unknown(script, service), accepted_as("77"))

    assert order.submission == Submission.UNKNOWN
    assert order.attempts.get().upstream_id is None
    assert found_out(order) == [(EvidenceSource.REQUEST_ID, Verdict.UNCLEAR, "")]


def test_an_id_that_another_order_gets_at_the_same_moment_proves_nothing(
    script: Script, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    knows(request_ids=True)
    accept(script, service, "77")
    order = unknown(script, service)
    # As the other transaction was not seen yet.
    monkeypatch.setattr(answering, "is_taken", lambda **_named: False)

    order = repeat(script, order, accepted_as("77"))

    assert order.submission == Submission.UNKNOWN
    assert Attempt.objects.filter(upstream_id="77").count() == 1
    assert order.attempts.get().upstream_id is None


def test_an_order_that_an_earlier_attempt_has_made_is_not_sent_to_see(
    script: Script, service: Service
) -> None:
    knows(request_ids=True)
    first = sending(script, placed(service))
    make_due(first.order)
    actions.sweep()
    actions.send_again(order=first.order, by=make_admin())
    answer(sending(script, first.order), TIMED_OUT)
    order = answer(first, accepted_as("77"))
    assert order.submission == Submission.UNKNOWN

    order = repeat(script, order, accepted_as("78"))

    assert len(script.asked("add")) == 2
    assert order.submission == Submission.UNKNOWN
    assert order.flag_reason == "two upstream orders: 77 is also ours"


def test_an_id_that_is_another_orders_does_not_end_the_search(
    script: Script, service: Service
) -> None:
    knows(request_ids=True, list_orders=True)
    accept(script, service, "77")
    order = unknown(script, service)
    script.orders = [listed(order, "78")]

    order = repeat(script, order, accepted_as("77"))

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "78")


def dearer() -> None:
    Offer.objects.update(rate_seen=Decimal(3))


def paused() -> None:
    Provider.objects.update(paused_at=Now(), pause_reason="they cheat")


def switched_off() -> None:
    Provider.objects.update(active=False)


@pytest.mark.parametrize("change", [dearer, paused, switched_off])
def test_what_would_not_be_sent_now_is_not_sent_to_see(
    script: Script, service: Service, change: Callable[[], None]
) -> None:
    """If the first one never arrived, the second would make the order."""
    knows(request_ids=True)
    order = unknown(script, service)
    change()

    order = repeat(script, order, accepted_as("77"))

    assert order.submission == Submission.UNKNOWN
    assert len(script.asked("add")) == 1
    assert found_out(order) == []


# --- The provider's list ----------------------------------------------------------


def test_an_order_in_the_list_is_accepted(
    script: Script, service: Service, audit: Audit
) -> None:
    knows(list_orders=True)
    older = accept(script, service, "70")
    order = unknown(script, service)
    script.orders = [listed(order, "77"), listed(older, "70")]

    order = look(order)

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert order.flagged_at is None
    assert found_out(order) == [("orders", "found", "77")]
    assert balance(customer=order.customer) == 98
    assert audit() == []


def test_the_request_id_in_the_list_decides_between_two_that_look_alike(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    order = unknown(script, service)
    request_id = str(order.attempts.get().request_id)
    script.orders = [
        listed(order, "78", request_id="another shop's"),
        listed(order, "77", request_id=request_id),
    ]

    assert look(order).upstream_id == "77"


@pytest.mark.parametrize(
    "other",
    [{"link": "https://example.com/else"}, {"quantity": 999}, {"service": "1"}],
    ids=["link", "quantity", "service"],
)
def test_an_order_that_differs_is_another(
    script: Script, service: Service, other: dict[str, object]
) -> None:
    knows(list_orders=True)
    order = unknown(script, service)
    script.orders = [listed(order, "77", **other)]

    assert look(order).submission == Submission.UNKNOWN


def test_two_that_look_alike_prove_nothing(script: Script, service: Service) -> None:
    knows(list_orders=True)
    order = unknown(script, service)
    script.orders = [listed(order, "77"), listed(order, "78")]

    assert look(order).submission == Submission.UNKNOWN
    assert found_out(order) == [("orders", "unclear", "")]


def test_one_in_the_list_for_two_unknown_orders_proves_nothing(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    first, second = unknown(script, service), unknown(script, service)
    script.orders = [listed(first, "77")]

    assert look(first).submission == Submission.UNKNOWN
    assert look(second).submission == Submission.UNKNOWN


def test_an_order_of_ours_in_the_list_is_not_taken_for_it(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    ours = accept(script, service, "77")
    order = unknown(script, service)
    script.orders = [listed(ours, "77")]

    order = look(order)

    assert order.submission == Submission.UNKNOWN
    assert found_out(order) == [("orders", "absent", "")]


def test_a_list_that_does_not_reach_back_proves_no_absence(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    order = unknown(script, service)

    look(order)

    assert found_out(order) == [("orders", "unclear", "")]


def test_absence_is_written_down_twice_and_settles_nothing(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    older = accept(script, service, "70")
    order = unknown(script, service)
    script.orders = [listed(older, "70")]

    for _ in range(4):
        look(order)
        Evidence.objects.update(created_at=Now() - timedelta(hours=1))

    assert found_out(order) == [("orders", "absent", "")] * 2
    assert again(order).submission == Submission.UNKNOWN
    assert balance(customer=order.customer) == 98


def test_no_list_proves_nothing(script: Script, service: Service) -> None:
    knows(list_orders=True)
    order = unknown(script, service)
    script.failure = lambda ids: call_failed("html")

    assert look(order).submission == Submission.UNKNOWN
    assert found_out(order) == [("orders", "unclear", "")]


# --- The ids between ours ---------------------------------------------------------


def in_a_gap(script: Script, service: Service) -> Order:
    """Return an unknown order between our 100 and our 104."""
    accept(script, service, "100")
    order = unknown(script, service)
    Attempt.objects.filter(order=order).update(answered_at=Now())
    accept(script, service, "104")
    for number in ("101", "102", "103"):
        script.statuses[number] = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)
    return order


def test_the_only_id_in_the_gap_that_costs_the_same_is_it(
    script: Script, service: Service, audit: Audit
) -> None:
    knows(id_gap=True)
    order = in_a_gap(script, service)
    script.statuses["101"] = says(UpstreamStatus.PENDING, charge="7")
    script.statuses["102"] = says(UpstreamStatus.PENDING, charge="1.00000")

    order = look(order)

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "102")
    assert found_out(order) == [("id_gap", "found", "102")]
    assert script.asked("statuses") == [["101", "102", "103"]]
    assert len(script.asked("add")) == 3
    assert audit() == []


def test_two_in_the_gap_that_cost_the_same_prove_nothing(
    script: Script, service: Service
) -> None:
    knows(id_gap=True)
    order = in_a_gap(script, service)
    for number in ("101", "102"):
        script.statuses[number] = says(UpstreamStatus.PENDING, charge="1")

    assert look(order).submission == Submission.UNKNOWN
    assert found_out(order) == [("id_gap", "unclear", "")]


def test_nothing_in_the_gap_says_that_it_is_absent(
    script: Script, service: Service
) -> None:
    knows(id_gap=True)
    order = in_a_gap(script, service)

    assert look(order).submission == Submission.UNKNOWN
    assert found_out(order) == [("id_gap", "absent", "")]


def test_an_id_in_the_gap_of_which_nothing_is_said_proves_nothing(
    script: Script, service: Service
) -> None:
    knows(id_gap=True)
    order = in_a_gap(script, service)
    del script.statuses["102"]

    look(order)

    assert found_out(order) == [("id_gap", "unclear", "")]


def test_before_an_order_came_after_it_there_is_no_gap(
    script: Script, service: Service
) -> None:
    knows(id_gap=True)
    accept(script, service, "100")
    order = unknown(script, service)

    look(order)

    assert found_out(order) == [("id_gap", "unclear", "")]
    assert script.asked("statuses") == []


def test_too_wide_a_gap_is_not_searched(script: Script, service: Service) -> None:
    knows(id_gap=True)
    accept(script, service, "100")
    order = unknown(script, service)
    accept(script, service, "5000")

    look(order)

    assert found_out(order) == [("id_gap", "unclear", "")]
    assert script.asked("statuses") == []


def test_a_wide_gap_is_asked_about_in_batches(script: Script, service: Service) -> None:
    knows(id_gap=True)
    Provider.objects.update(batch_size=2)
    order = in_a_gap(script, service)

    look(order)

    assert script.asked("statuses") == [["101", "102"], ["103"]]


def test_without_a_call_left_nothing_is_asked(script: Script, service: Service) -> None:
    knows(id_gap=True, list_orders=True)
    order = in_a_gap(script, service)
    Provider.objects.update(next_call_at="2999-01-01T00:00Z")

    assert look(order).submission == Submission.UNKNOWN
    assert (script.asked("statuses"), script.asked("orders")) == ([], [])


# --- Hints, clocks and late answers -----------------------------------------------


def test_movement_of_the_balance_is_a_hint_and_settles_nothing(
    script: Script, service: Service
) -> None:
    Provider.objects.update(balance=Decimal(50), balance_at=Now())
    order = unknown(script, service)
    Attempt.objects.update(answered_at=Now() - timedelta(seconds=5))
    Provider.objects.update(balance=Decimal(49), balance_at=Now())

    order = look(order)

    evidence = Evidence.objects.get(attempt__order=order)
    assert (evidence.source, evidence.verdict) == (
        EvidenceSource.BALANCE,
        Verdict.UNCLEAR,
    )
    assert evidence.detail == (
        "the balance moved by -1 USD; 0 orders accepted since account for 0, "
        "this one would for -1"
    )
    assert order.submission == Submission.UNKNOWN


def test_after_a_day_staff_are_urged_once_and_looks_grow_rare(
    script: Script, service: Service
) -> None:
    order = unknown(script, service)
    Attempt.objects.update(sent_at=Now() - timedelta(hours=25))

    for _ in range(3):
        order = look(order)

    urged = f"Order {order.pk}: unknown for more than a day: please settle it"
    assert staff_alerts().count(urged) == 1
    assert 3500 < seconds_ahead(order) <= 3600


@pytest.mark.parametrize(
    ("extras", "hours", "minutes"),
    [
        ({}, 2, 24),
        ({}, 20, 60),
        ({"request_ids": True}, 20, 10),
        ({"list_orders": True}, 20, 10),
        ({"id_gap": True}, 20, 10),
    ],
)
def test_where_nobody_can_be_asked_looks_grow_rare_with_age(
    script: Script,
    service: Service,
    extras: dict[str, bool],
    hours: int,
    minutes: int,
) -> None:
    knows(**extras)
    script.add = lambda _fields: TIMED_OUT
    order = unknown(script, service)
    Attempt.objects.update(sent_at=Now() - timedelta(hours=hours))

    order = look(order)

    assert order.submission == Submission.UNKNOWN
    assert round(seconds_ahead(order) / 60) == minutes


def test_a_finding_that_comes_too_late_changes_nothing(
    script: Script, service: Service
) -> None:
    knows(list_orders=True)
    attempt = sending(script, placed(service))
    make_due(attempt.order)
    actions.sweep()
    order = answer(attempt, accepted_as("77"))
    before = book(order.customer)

    order = look(order)

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert book(order.customer) == before


@pytest.mark.parametrize(
    "decide",
    [
        lambda order, by: actions.refund_absent(order=order, by=by),
        lambda order, by: actions.send_again(order=order, by=by),
    ],
    ids=["refund", "send again"],
)
def test_while_the_request_id_is_sent_again_nobody_decides(
    script: Script, service: Service, decide: Callable[..., None]
) -> None:
    knows(request_ids=True)
    order = unknown(script, service)
    refusals = []

    def decide_meanwhile(fields: dict[str, str]) -> AddAnswer:
        with pytest.raises(OrderError, match="try again in a minute") as refused:
            decide(order, order.customer)
        refusals.append(refused)
        return accepted_as("77")

    script.add = decide_meanwhile
    order = look(order)

    assert len(refusals) == 1
    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert balance(customer=order.customer) == 98


def test_after_the_answer_staff_may_decide_again(
    script: Script, service: Service
) -> None:
    knows(request_ids=True)
    order = repeat(script, unknown(script, service), TIMED_OUT)

    actions.refund_absent(order=order, by=order.customer)

    assert balance(customer=order.customer) == 100
