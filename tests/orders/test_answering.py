"""What each answer to `add` does to its order, its money and its flag."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from ledger.models import Transfer
from ledger.queries import balance
from ledger.queries import book as account_book
from notices.models import Notice
from orders import actions
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import Outcome, Status, Submission
from orders.models import Attempt, Order
from provider.models import Provider
from provider.protocol.replies import AddAnswer, AddOutcome
from tests.factories import make_customer, make_order, make_provider, make_service
from tests.orders.acting import (
    NO_FUNDS,
    REFUSED,
    TIMED_OUT,
    Script,
    accepted,
    accepted_as,
    again,
    answer,
    book,
    make_due,
    reasons,
    seconds_ahead,
    sending,
    staff_alerts,
)

pytestmark = pytest.mark.django_db

LINK_BUSY = AddAnswer(AddOutcome.HELD_LINK, error="Active order with this link")
NEW_WORDING = AddAnswer(AddOutcome.HELD_WORDING, error="Mercury is in retrograde")
NOT_EXECUTED = AddAnswer(AddOutcome.NOT_EXECUTED, error="dns")
DOWN = AddAnswer(AddOutcome.PROVIDER_DOWN, error="Invalid API key")
PROVED = [REFUSED, NO_FUNDS, LINK_BUSY, NOT_EXECUTED, DOWN]


def unknown(script: Script) -> Attempt:
    """Return the attempt of an order whose lease ran out; its answer may still come."""
    attempt = sending(script)
    make_due(attempt.order)
    actions.sweep()
    return attempt


def sent_twice(script: Script) -> tuple[Attempt, Attempt]:
    """Return two open attempts: staff had an unknown order sent again."""
    first = unknown(script)
    transition(
        [
            Change(
                order_id=first.order_id,
                submission=Submission.QUEUED,
                reason="send again",
                flag="",
                wait=0,
            )
        ]
    )
    return first, sending(script, first.order)


def test_an_accepted_order_has_its_id_and_is_followed(script: Script) -> None:
    order = answer(sending(script), accepted_as("77"))

    assert order.submission == Submission.ACCEPTED
    assert order.upstream_id == "77"
    assert order.provider == order.attempts.get().provider
    assert seconds_ahead(order) > 0
    assert order.attempts.get().outcome == Outcome.ACCEPTED


def test_an_accepted_orders_expected_cost_is_booked_with_its_provider(
    script: Script,
) -> None:
    order = accepted(script)

    assert order.provider
    assert account_book(account=order.provider.account) == Decimal(-1)


def test_a_cost_of_nothing_is_not_booked(script: Script) -> None:
    attempt = sending(script)
    Attempt.objects.update(expected_cost=0)

    attempt.refresh_from_db()
    answer(attempt, accepted_as())

    assert not Transfer.objects.filter(kind="order:cost").exists()


def test_the_same_answer_twice_changes_nothing(script: Script) -> None:
    attempt = sending(script)
    order = answer(attempt, accepted_as("77"))
    before = book(order.customer)[:-1]

    assert answer(attempt, accepted_as("77")).upstream_id == "77"

    assert book(order.customer)[:-1] == before


@pytest.mark.parametrize("second", [REFUSED, NOT_EXECUTED, TIMED_OUT, NEW_WORDING])
def test_a_second_answer_to_an_attempt_changes_nothing(
    script: Script, second: AddAnswer
) -> None:
    attempt = sending(script)
    order = answer(attempt, accepted_as("77"))
    before = book(order.customer)[:-1]

    order = answer(attempt, second)

    assert (order.submission, order.flagged_at) == (Submission.ACCEPTED, None)
    assert book(order.customer)[:-1] == before


def test_a_refused_order_is_withdrawn_refunded_and_its_customer_told(
    script: Script,
) -> None:
    attempt = sending(script)
    customer = attempt.order.customer

    order = answer(attempt, REFUSED)

    assert (order.submission, order.status) == (Submission.WITHDRAWN, Status.CANCELED)
    assert order.refunded == order.charge
    assert order.next_at is None
    assert balance(customer=customer) == 100
    assert Notice.objects.get(user=customer).subject == (
        f"Order {order.pk}: $2.00 refunded"
    )
    assert reasons(order)[-2:] == ["Incorrect link", "Incorrect link"]


def test_customers_are_told_in_their_language(script: Script) -> None:
    customer = make_customer(credit="100", language="ko")

    order = answer(sending(script, make_order(customer)), REFUSED)

    subject = Notice.objects.get(user=customer).subject
    assert str(order.pk) in subject


@pytest.mark.parametrize("held", [NO_FUNDS, LINK_BUSY])
def test_a_held_order_is_kept_and_tried_again_in_five_minutes(
    script: Script, held: AddAnswer
) -> None:
    order = answer(sending(script), held)

    assert (order.submission, order.status) == (Submission.HELD, Status.PENDING)
    assert order.refunded == 0
    assert order.flagged_at is None
    assert 200 < seconds_ahead(order) <= 300
    assert staff_alerts() == [f"Order {order.pk}: {held.outcome}: {held.error}"]


def test_a_held_order_waits_longer_each_time_and_ends_with_staff(
    script: Script,
) -> None:
    attempt = sending(script)
    waits = []
    for number in (1, 2, 3, 4, 20):
        Attempt.objects.filter(pk=attempt.pk).update(no=number)
        attempt.refresh_from_db()
        order = answer(attempt, NO_FUNDS)
        waits.append(order.next_at and round(seconds_ahead(order), -2))
        if number < 20:
            make_due(order)
            actions.sweep()
            attempt = sending(script, order)

    assert waits == [300, 900, 3600, 3600, None]
    assert again(order).flag_reason == "held_funds: Not enough funds"


def test_wording_that_nobody_knows_is_left_to_staff(script: Script) -> None:
    order = answer(sending(script), NEW_WORDING)

    assert order.submission == Submission.HELD
    assert order.flag_reason == "new wording: Mercury is in retrograde"
    assert order.next_at is None
    assert order.refunded == 0


def test_an_order_that_was_not_executed_is_queued_again(script: Script) -> None:
    order = answer(sending(script), NOT_EXECUTED)

    assert order.submission == Submission.QUEUED
    assert order.flagged_at is None
    assert seconds_ahead(order) <= 2
    make_due(order)
    actions.submit(order_id=order.pk)
    assert again(order).submission == Submission.ACCEPTED
    assert [a.outcome for a in order.attempts.order_by("no")] == [
        Outcome.NOT_EXECUTED,
        Outcome.ACCEPTED,
    ]


def test_retry_after_keeps_the_provider_quiet_and_the_order_watched(
    script: Script, audit: Callable[[], list[str]]
) -> None:
    day = AddAnswer(AddOutcome.NOT_EXECUTED, error="slow down", retry_after=86_400)

    order = answer(sending(script), day)

    assert 3000 < seconds_ahead(order) <= 3600
    make_due(order)
    actions.submit(order_id=order.pk)
    assert again(order).submission == Submission.QUEUED
    assert len(script.asked("add")) == 1
    assert audit() == []


def test_an_order_that_is_never_executed_is_left_to_staff_in_the_end(
    script: Script,
) -> None:
    attempt = sending(script)
    Attempt.objects.update(no=20)
    attempt.refresh_from_db()

    order = answer(attempt, NOT_EXECUTED)

    assert (order.submission, order.next_at) == (Submission.QUEUED, None)
    assert order.flag_reason == "20 attempts: dns"
    assert staff_alerts() == [f"Order {order.pk}: 20 attempts: dns"]
    actions.submit(order_id=order.pk)
    assert len(script.asked("add")) == 1


def test_a_provider_that_refuses_us_is_paused_and_the_order_kept(
    script: Script,
) -> None:
    order = answer(sending(script), DOWN)

    provider = Provider.objects.get()
    assert provider.paused_at is not None
    assert provider.pause_reason == "Invalid API key"
    assert order.submission == Submission.QUEUED
    assert order.refunded == 0


def test_an_unknown_answer_is_flagged_and_neither_sent_again_nor_refunded(
    script: Script,
) -> None:
    attempt = sending(script)
    before = book(attempt.order.customer)

    order = answer(attempt, TIMED_OUT)

    assert order.submission == Submission.UNKNOWN
    assert order.flag_reason == "unknown whether it was accepted: timeout"
    assert 0 < seconds_ahead(order) <= 5
    assert book(order.customer)[:2] == before[:2]
    assert staff_alerts() == [f"Order {order.pk}: {order.flag_reason}"]
    actions.submit(order_id=order.pk)
    actions.sweep()
    assert len(script.asked("add")) == 1


def test_a_late_acceptance_of_an_unknown_order_is_taken(
    script: Script, audit: Callable[[], list[str]]
) -> None:
    order = answer(unknown(script), accepted_as("77"))

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert order.flagged_at is None
    assert audit() == []


@pytest.mark.parametrize("proof", PROVED, ids=lambda proof: proof.outcome)
def test_a_late_proof_that_nothing_was_made_queues_an_unknown_order(
    script: Script, proof: AddAnswer
) -> None:
    order = answer(unknown(script), proof)

    assert order.submission == Submission.QUEUED
    assert order.flagged_at is None
    assert order.refunded == 0


@pytest.mark.parametrize("late", [TIMED_OUT, NEW_WORDING], ids=["unknown", "wording"])
def test_a_late_answer_that_proves_nothing_leaves_an_order_unknown(
    script: Script, late: AddAnswer
) -> None:
    attempt = unknown(script)
    before = book(attempt.order.customer)[:-1]

    order = answer(attempt, late)

    assert order.submission == Submission.UNKNOWN
    assert order.flag_reason.startswith("unknown whether")
    assert book(order.customer)[:-1] == before
    assert order.attempts.get().answered_at is not None


def test_an_id_that_is_another_orders_proves_nothing(script: Script) -> None:
    provider = make_provider()
    service = make_service(provider)
    first = accepted(script, make_order(service=service), "77")

    order = answer(sending(script, make_order(service=service)), accepted_as("77"))

    assert order.submission == Submission.UNKNOWN
    assert order.flag_reason == (
        "unknown whether it was accepted: the id 77 is another order's"
    )
    assert again(first).upstream_id == "77"


def test_two_providers_may_use_the_same_id(script: Script) -> None:
    orders = [accepted(script, upstream_id="1001") for _ in range(2)]

    assert {order.submission for order in orders} == {Submission.ACCEPTED}


def test_an_id_that_only_an_order_has_is_not_taken_twice(script: Script) -> None:
    service = make_service()
    taken = accepted(script, make_order(service=service), "77")
    taken.attempts.update(upstream_id="78")
    attempt = sending(script, make_order(service=service))

    with pytest.raises(IntegrityError):
        answer(attempt, accepted_as("77"))

    assert again(attempt.order).submission == Submission.SENDING
    assert attempt.order.attempts.get().answered_at is None


def test_a_late_acceptance_while_the_order_is_sent_again_is_flagged_for_good(
    script: Script,
) -> None:
    first, second = sent_twice(script)
    order = answer(first, accepted_as("77"))
    assert order.submission == Submission.SENDING

    order = answer(second, accepted_as("78"))

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "78")
    assert order.flag_reason == "two upstream orders: 77 is also ours"
    assert first.order.attempts.get(no=1).upstream_id == "77"


@pytest.mark.parametrize("proof", PROVED, ids=lambda proof: proof.outcome)
def test_an_order_that_is_upstream_after_all_is_not_refunded_or_sent_again(
    script: Script, proof: AddAnswer
) -> None:
    first, second = sent_twice(script)
    answer(first, accepted_as("77"))

    order = answer(second, proof)

    assert order.submission == Submission.UNKNOWN
    assert order.refunded == 0
    assert order.flag_reason == "two upstream orders: 77 is also ours"
    assert len(script.asked("add")) == 2


def test_an_unknown_order_that_is_upstream_stays_unknown_after_a_late_refusal(
    script: Script,
) -> None:
    first, second = sent_twice(script)
    answer(first, accepted_as("77"))
    make_due(second.order)
    actions.sweep()

    order = answer(second, REFUSED)

    assert order.submission == Submission.UNKNOWN
    assert order.flag_reason == "two upstream orders: 77 is also ours"


def test_a_late_acceptance_of_an_order_in_the_queue_keeps_it_from_being_sent(
    script: Script,
) -> None:
    first = unknown(script)
    Order.objects.filter(pk=first.order_id).update(
        submission=Submission.QUEUED, next_at=Now()
    )
    second = Attempt.objects.create(
        order=first.order,
        no=2,
        provider=first.provider,
        offer=first.offer,
        expected_cost=1,
        currency="USD",
        fx_rate=1,
        lease_until=first.lease_until,
    )

    order = answer(first, accepted_as("77"))

    assert (order.submission, order.next_at) == (Submission.QUEUED, None)
    assert order.flag_reason == "two upstream orders: 77 is also ours"
    actions.submit(order_id=order.pk)
    assert len(script.asked("add")) == 1
    assert second.order.attempts.count() == 2


def test_a_late_refusal_of_an_earlier_attempt_changes_nothing(script: Script) -> None:
    first, second = sent_twice(script)
    before = book(first.order.customer)[:-1]

    order = answer(first, REFUSED)

    assert order.submission == Submission.SENDING
    assert book(order.customer)[:-1] == before
    assert second.order.attempts.get(no=2).answered_at is None


def test_a_late_acceptance_of_a_cancelled_order_is_flagged(script: Script) -> None:
    attempt = unknown(script)
    transition(
        [
            Change(
                order_id=attempt.order_id,
                submission=Submission.WITHDRAWN,
                status=Status.CANCELED,
                refunded=attempt.order.charge,
                reason="staff gave it back",
                flag="",
                done_waiting=True,
            )
        ]
    )

    order = answer(attempt, accepted_as("77"))

    assert order.submission == Submission.WITHDRAWN
    assert order.flag_reason == "refunded, but upstream has it: 77"
    assert balance(customer=order.customer) == 100


def test_an_id_that_is_given_twice_flags_both_orders(script: Script) -> None:
    first = accepted(script, upstream_id="77")

    second = answer(
        sending(script, make_order(service=first.service)), accepted_as("77")
    )

    assert second.submission == Submission.UNKNOWN
    assert again(first).submission == Submission.ACCEPTED
    assert again(first).flag_reason == (
        f"its id 77 was given to order {second.pk}, too"
    )
