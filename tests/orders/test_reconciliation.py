"""Our books beside upstream's: what is unexplained, and which orders differ and why."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from ledger import actions as ledger
from ledger.enums import AccountKind, TransferKind
from orders import actions
from orders.differences import Difference, Reason
from orders.enums import EvidenceSource, Outcome, Submission, Verdict
from orders.models import Attempt, Delivery, Evidence, Order
from orders.reconciliation import books, today
from provider.models import Provider
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order, make_provider, make_service
from tests.orders.acting import (
    TIMED_OUT,
    Script,
    accepted_as,
    answer,
    says,
    sending,
    tracked,
)
from tests.orders.bookkeeping import (
    buy,
    complete,
    of_today,
    pass_a_day,
    read_balance,
    send_funds,
)

pytestmark = pytest.mark.django_db
ONE = Decimal(1)


@pytest.fixture
def provider() -> Provider:
    """A provider whose balance was read yesterday, before anything happened."""
    provider = make_provider()
    read_balance(provider, "0")
    pass_a_day()
    return provider


def start_sending(script: Script, provider: Provider) -> Attempt:
    service = make_service(provider=provider)
    return sending(script, make_order(make_customer(credit="100"), service))


def reasons(provider: Provider) -> list[Reason]:
    return [one.reason for one in of_today(provider).differences]


# --- What moved ------------------------------------------------------------------


def test_equal_books_have_no_rest_and_no_differences(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "50")
    complete(script, buy(script, provider))
    buy(script, provider)
    read_balance(provider, "48")

    found = of_today(provider)

    assert (found.funds, found.cost, found.charged, found.unnamed) == (50, 2, 1, 1)
    assert found.book_movement == found.balance_movement == 48
    assert (found.rest, found.differ, list(found.differences)) == (0, False, [])


def test_funds_that_nobody_recorded_are_the_rest(
    script: Script, provider: Provider
) -> None:
    complete(script, buy(script, provider))
    read_balance(provider, "49")

    found = of_today(provider)

    assert (found.book_movement, found.balance_movement) == (-1, 49)
    assert (found.rest, found.differ) == (50, True)


def test_what_an_order_is_charged_beyond_our_book_is_no_rest(
    script: Script, provider: Provider
) -> None:
    order = buy(script, provider)
    tracked(script, order, says(UpstreamStatus.IN_PROGRESS, charge="1.5"))
    read_balance(provider, "-1.5")

    found = of_today(provider)

    assert (found.book_movement, found.balance_movement) == (-1, Decimal("-1.5"))
    assert (found.rest, found.differ) == (0, True)


@pytest.mark.parametrize(
    ("balance", "differ"), [("0.00001", False), ("0.000011", True), ("-0.00002", True)]
)
def test_less_than_a_charge_can_be_written_is_rounding(
    provider: Provider, balance: str, *, differ: bool
) -> None:
    read_balance(provider, balance)

    assert of_today(provider).differ is differ


def test_a_span_begins_with_the_last_reading_before_it(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "20")
    read_balance(provider, "20")
    pass_a_day()
    pass_a_day()
    buy(script, provider)
    read_balance(provider, "18")

    found = of_today(provider)

    assert (found.funds, found.cost, found.balance_movement) == (0, 1, -2)
    assert found.rest == -1
    before = today() - timedelta(days=3)
    whole = books(provider=provider, first=before, last=today())
    assert (whole.funds, whole.cost, whole.rest) == (20, 1, -1)


def test_a_span_that_nothing_precedes_begins_with_its_own_first_reading(
    script: Script,
) -> None:
    provider = make_provider()
    send_funds(provider, "20")
    read_balance(provider, "700")
    pass_a_day()
    buy(script, provider)
    read_balance(provider, "699")

    found = books(provider=provider, first=today() - timedelta(days=1), last=today())

    assert (found.funds, found.cost, found.rest) == (0, 1, 0)


@pytest.mark.parametrize("readings", [0, 1])
def test_where_there_are_no_two_readings_nothing_is_compared(readings: int) -> None:
    provider = make_provider()
    send_funds(provider, "20")
    if readings:
        read_balance(provider, "700")
    else:
        actions.close_books()

    found = of_today(provider)

    assert (found.book_movement, found.balance_movement) == (None, None)
    assert (found.rest, found.differ) == (None, False)


def test_a_day_without_a_row_has_no_books(provider: Provider) -> None:
    found = books(
        provider=make_provider(),
        first=today() - timedelta(days=9),
        last=today() - timedelta(days=8),
    )

    assert (found.opening, found.closing, found.funds) == (None, None, 0)


# --- Which orders differ ---------------------------------------------------------


def test_an_open_order_that_is_charged_otherwise_is_listed(
    script: Script, provider: Provider
) -> None:
    order = buy(script, provider, "901")
    tracked(script, order, says(UpstreamStatus.IN_PROGRESS, charge="1.5"))

    assert of_today(provider).differences == [
        Difference(order.pk, Reason.OPEN, "901", ONE, Decimal("1.5"), ONE)
    ]


def test_an_order_that_was_settled_is_not_listed(
    script: Script, provider: Provider
) -> None:
    complete(script, buy(script, provider), charge="1.5")

    assert reasons(provider) == []


@pytest.mark.parametrize("charge", ["1.00002", "0.5", "0"])
def test_an_ended_order_that_is_booked_otherwise_is_listed(
    script: Script, provider: Provider, charge: str
) -> None:
    order = complete(script, buy(script, provider, "901"))
    Order.objects.filter(pk=order.pk).update(upstream_charge=Decimal(charge))

    assert of_today(provider).differences == [
        Difference(order.pk, Reason.COST, "901", ONE, Decimal(charge), ONE)
    ]


@pytest.mark.parametrize("charge", ["1.00001", "0.99999"])
def test_rounding_is_not_listed(
    script: Script, provider: Provider, charge: str
) -> None:
    order = complete(script, buy(script, provider))
    Order.objects.filter(pk=order.pk).update(upstream_charge=Decimal(charge))

    assert reasons(provider) == []


def test_an_ended_order_without_a_charge_is_listed_and_an_open_one_is_not(
    script: Script, provider: Provider
) -> None:
    order = complete(script, buy(script, provider, "901"), charge=None)
    buy(script, provider)

    assert of_today(provider).differences == [
        Difference(order.pk, Reason.UNNAMED, "901", ONE, None, ONE)
    ]


def test_the_charges_of_what_an_order_brought_about_are_its_own(
    script: Script, provider: Provider
) -> None:
    order = complete(script, buy(script, provider, "901"), charge=None)
    for number in (1, 2):
        Delivery.objects.create(
            order=order,
            provider=provider,
            upstream_id=f"child {number}",
            upstream_charge=Decimal("0.5") * number,
            next_at=Now(),
        )

    (one,) = of_today(provider).differences

    assert (one.reason, one.charged) == (Reason.COST, Decimal("1.5"))


def test_an_order_that_may_exist_is_listed(script: Script, provider: Provider) -> None:
    attempt = start_sending(script, provider)
    assert reasons(provider) == []

    answer(attempt, TIMED_OUT)

    assert of_today(provider).differences == [
        Difference(attempt.order_id, Reason.UNKNOWN, "", Decimal(0), None, ONE)
    ]


def test_an_order_whose_answer_never_came_is_listed(
    script: Script, provider: Provider
) -> None:
    attempt = start_sending(script, provider)
    past = Now() - timedelta(seconds=1)
    Attempt.objects.update(lease_until=past)
    Order.objects.update(next_at=past)

    actions.sweep()

    (one,) = of_today(provider).differences
    assert (one.order_id, one.reason) == (attempt.order_id, Reason.UNKNOWN)


def end_by_hand(attempt: Attempt, submission: Submission) -> None:
    """Let a person have decided about an unknown order."""
    Order.objects.filter(pk=attempt.order_id).update(
        submission=submission,
        status="canceled" if submission == Submission.WITHDRAWN else "pending",
        finished_at=Now(),
        next_at=Now(),
        refunded=F("charge"),
    )


def test_an_order_that_was_refunded_at_our_risk_is_listed(
    script: Script, provider: Provider
) -> None:
    attempt = start_sending(script, provider)
    answer(attempt, TIMED_OUT)
    end_by_hand(attempt, Submission.WITHDRAWN)
    ledger.move(
        source=ledger.system_account(kind=AccountKind.LOSS),
        target=ledger.system_account(kind=AccountKind.SALES),
        amount=Decimal(2),
        kind=TransferKind.ORDER_LOSS,
        subject=attempt.order_id,
    )

    assert reasons(provider) == [Reason.AT_RISK]


def test_an_unknown_attempt_that_a_person_left_behind_is_listed(
    script: Script, provider: Provider
) -> None:
    attempt = start_sending(script, provider)
    answer(attempt, TIMED_OUT)
    end_by_hand(attempt, Submission.QUEUED)

    assert reasons(provider) == [Reason.AGAIN]


@pytest.mark.parametrize(
    ("source", "listed"),
    [(EvidenceSource.ORDERS, []), (EvidenceSource.BALANCE, [Reason.AGAIN])],
)
def test_an_attempt_that_was_shown_not_to_exist_is_not_listed(
    script: Script, provider: Provider, source: EvidenceSource, listed: list[Reason]
) -> None:
    attempt = start_sending(script, provider)
    answer(attempt, TIMED_OUT)
    Evidence.objects.create(attempt=attempt, source=source, verdict=Verdict.ABSENT)
    assert reasons(provider) == [Reason.UNKNOWN]

    end_by_hand(attempt, Submission.QUEUED)

    assert reasons(provider) == listed


def test_a_second_upstream_order_is_listed(script: Script, provider: Provider) -> None:
    first = start_sending(script, provider)
    Order.objects.filter(pk=first.order_id).update(
        submission=Submission.QUEUED, next_at=Now()
    )
    second = sending(script, Order.objects.get(pk=first.order_id))
    answer(second, accepted_as("902"))

    answer(first, accepted_as("901"))

    assert of_today(provider).differences == [
        Difference(first.order_id, Reason.TWICE, "901", Decimal(0), None, ONE)
    ]


@pytest.mark.parametrize(
    "outcome", [Outcome.REFUSED, Outcome.HELD, Outcome.NOT_EXECUTED]
)
def test_what_was_proved_not_to_exist_is_not_listed(
    script: Script, provider: Provider, outcome: Outcome
) -> None:
    start_sending(script, provider)
    Attempt.objects.update(answered_at=Now(), outcome=outcome)

    assert reasons(provider) == []


def test_only_what_lived_on_these_days_is_listed(
    script: Script, provider: Provider
) -> None:
    order = complete(script, buy(script, provider), charge=None)
    answer(start_sending(script, provider), TIMED_OUT)
    assert len(reasons(provider)) == 2
    long_ago = Now() - timedelta(days=3)
    Attempt.objects.update(sent_at=long_ago)
    Order.objects.update(created_at=long_ago, changed_at=long_ago)

    assert reasons(provider) == []
    day = today() - timedelta(days=3)
    found = books(provider=provider, first=day, last=day).differences
    assert {one.reason for one in found} == {Reason.UNNAMED, Reason.UNKNOWN}
    assert order.pk in {one.order_id for one in found}


def test_nothing_of_another_provider_is_listed(
    script: Script, provider: Provider
) -> None:
    other = make_provider()
    complete(script, buy(script, other), charge=None)
    answer(start_sending(script, other), TIMED_OUT)

    assert reasons(provider) == []


def test_any_number_of_orders_is_read_by_a_constant_number_of_queries(
    script: Script, provider: Provider
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            of_today(provider)
        return len(asked)

    complete(script, buy(script, provider), charge=None)
    answer(start_sending(script, provider), TIMED_OUT)
    few = queries()
    for _ in range(3):
        complete(script, buy(script, provider), charge=None)
        answer(start_sending(script, provider), TIMED_OUT)

    assert len(reasons(provider)) == 8
    assert queries() == few
