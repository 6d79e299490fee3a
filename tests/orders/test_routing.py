"""Where an order is bought: the first offer that sells, and what stands in for it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from ledger.queries import balance
from orders import actions
from orders.enums import HoldReason, Outcome, Status, Submission
from orders.models import Order
from provider.actions.breaker import FAILURES
from provider.models import Offer, Provider, Route, Service
from provider.protocol.replies import AddAnswer, AddOutcome
from tests.factories import make_admin, make_order, make_provider, make_service
from tests.orders.acting import (
    NO_FUNDS,
    REFUSED,
    TIMED_OUT,
    Script,
    accepted,
    again,
    answer,
    make_due,
    seconds_ahead,
    sending,
)

pytestmark = pytest.mark.django_db
DOWN = AddAnswer(AddOutcome.PROVIDER_DOWN, error="Invalid API key")


def make_service_with_two_offers(second_rate: str = "1.5") -> Service:
    """Make a service that is bought for 1.00, and second for `second_rate`."""
    service = make_service()
    other = Offer.objects.create(
        provider=make_provider(),
        upstream_id="2002",
        name="The other one",
        type=service.type,
        rate_seen=Decimal(second_rate),
        min=1,
        max=10_000,
    )
    Route.objects.create(service=service, offer=other, position=2)
    return service


@pytest.fixture
def order() -> Order:
    return make_order(service=make_service_with_two_offers())


def offers_asked(order: Order) -> list[int]:
    """Return the positions of the routes that the order was sent on."""
    return [
        Route.objects.get(service=order.service_id, offer=attempt.offer_id).position
        for attempt in order.attempts.order_by("no")
    ]


def test_the_first_offer_is_asked_first(script: Script, order: Order) -> None:
    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [1]
    assert again(order).submission == Submission.ACCEPTED


def test_a_refused_order_goes_to_the_next_offer(script: Script, order: Order) -> None:
    refused = answer(sending(script, order), REFUSED)
    assert (refused.submission, refused.status) == (Submission.QUEUED, Status.PENDING)
    assert balance(customer=order.customer) == 98

    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [1, 2]
    assert again(order).submission == Submission.ACCEPTED
    assert order.attempts.get(no=2).expected_cost == Decimal("1.5")


def test_an_order_that_all_have_refused_ends_with_a_full_refund(
    script: Script, order: Order
) -> None:
    for _ in range(2):
        ended = answer(sending(script, order), REFUSED)

    assert offers_asked(order) == [1, 2]
    assert (ended.submission, ended.status) == (Submission.WITHDRAWN, Status.CANCELED)
    assert balance(customer=order.customer) == 100


def test_the_next_offer_is_not_asked_where_it_does_not_earn(script: Script) -> None:
    order = make_order(service=make_service_with_two_offers("2.5"))
    answer(sending(script, order), REFUSED)

    actions.submit(order_id=order.pk)

    held = again(order)
    assert offers_asked(order) == [1]
    assert (held.submission, held.held_for) == (Submission.HELD, HoldReason.COST)


def test_an_unknown_order_never_goes_to_the_next_offer(
    script: Script, order: Order
) -> None:
    unknown = answer(sending(script, order), TIMED_OUT)

    actions.submit(order_id=order.pk)
    actions.sweep()
    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [1]
    assert unknown.submission == Submission.UNKNOWN


def test_an_order_held_for_funds_stays_with_its_offer(
    script: Script, order: Order
) -> None:
    held = answer(sending(script, order), NO_FUNDS)
    make_due(held)
    actions.sweep()

    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [1, 1]


@pytest.mark.parametrize(
    "state",
    [
        {"active": False},
        {"paused_at": Now(), "pause_reason": "Invalid API key"},
        {"open_until": Now() + timedelta(minutes=1), "failures": FAILURES},
    ],
    ids=["inactive", "paused", "circuit open"],
)
def test_the_next_offer_stands_in_while_the_first_provider_takes_none(
    script: Script, order: Order, state: dict[str, object]
) -> None:
    first = Provider.objects.get(offers__routes__position=1)
    Provider.objects.filter(pk=first.pk).update(**state)

    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [2]


def test_the_next_offer_stands_in_for_one_that_was_withdrawn(
    script: Script, order: Order
) -> None:
    Offer.objects.filter(routes__position=1).update(withdrawn_at=Now())

    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [2]


def test_a_provider_that_refuses_us_is_paused_and_the_next_one_asked(
    script: Script, order: Order
) -> None:
    first = answer(sending(script, order), DOWN)
    paused = Provider.objects.get(paused_at__isnull=False)
    assert (paused.pause_reason, paused.pause_heals) == ("Invalid API key", True)
    make_due(first)

    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [1, 2]


def test_an_offer_of_another_type_does_not_stand_in(
    script: Script, order: Order
) -> None:
    Offer.objects.filter(routes__position=2).update(type="package")

    ended = answer(sending(script, order), REFUSED)

    assert ended.submission == Submission.WITHDRAWN


def test_while_no_provider_takes_orders_it_stays_queued(
    script: Script, order: Order
) -> None:
    Provider.objects.update(paused_at=Now(), pause_reason="holiday")

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.QUEUED
    assert offers_asked(order) == []
    assert 10 < seconds_ahead(order) <= 15


def test_after_its_time_an_open_circuit_lets_one_order_through(script: Script) -> None:
    service = make_service()
    orders = [make_order(service=service) for _ in range(2)]
    Provider.objects.update(failures=FAILURES, open_until=Now() - timedelta(seconds=1))

    sending(script, orders[0])
    actions.submit(order_id=orders[1].pk)

    assert again(orders[1]).submission == Submission.QUEUED
    assert orders[1].attempts.count() == 0

    answer(orders[0].attempts.get(), AddAnswer(AddOutcome.ACCEPTED, "77"))
    make_due(orders[1])
    actions.submit(order_id=orders[1].pk)

    assert again(orders[1]).submission == Submission.ACCEPTED
    assert Provider.objects.get().open_until is None


@pytest.mark.parametrize(
    ("what", "failures"),
    [
        (TIMED_OUT, 1),
        (REFUSED, 0),
        (NO_FUNDS, 0),
        (AddAnswer(AddOutcome.ACCEPTED, "7"), 0),
        (AddAnswer(AddOutcome.NOT_EXECUTED, error="Too many requests"), 0),
    ],
)
def test_only_silence_counts_as_a_failure(
    script: Script, what: AddAnswer, failures: int
) -> None:
    answer(sending(script), what)

    assert Provider.objects.get().failures == failures


def test_a_service_may_be_sold_at_a_loss_with_consent(script: Script) -> None:
    order = make_order()
    Offer.objects.update(rate_seen=Decimal("2.2"))
    Service.objects.update(
        loss_policy="send",
        loss_limit=10,
        loss_consent_by=make_admin(),
        loss_consent_at=Now(),
    )

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED


def test_consent_has_a_limit(script: Script) -> None:
    order = make_order()
    Offer.objects.update(rate_seen=Decimal("2.20001"))
    Service.objects.update(
        loss_policy="send",
        loss_limit=10,
        loss_consent_by=make_admin(),
        loss_consent_at=Now(),
    )

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.HELD
    assert script.asked("add") == []


def test_a_service_may_refund_what_would_cost_too_much(script: Script) -> None:
    order = make_order()
    Offer.objects.update(rate_seen=3)
    Service.objects.update(loss_policy="refund")

    actions.submit(order_id=order.pk)

    ended = again(order)
    assert (ended.submission, ended.refunded) == (Submission.WITHDRAWN, order.charge)
    assert balance(customer=order.customer) == 100
    assert script.asked("add") == []


def test_an_attempt_that_was_refused_is_not_repeated_when_it_comes_late(
    script: Script, order: Order
) -> None:
    attempt = sending(script, order)
    make_due(order)
    actions.sweep()
    answer(attempt, REFUSED)

    actions.submit(order_id=order.pk)

    assert offers_asked(order) == [1, 2]
    assert order.attempts.get(no=1).outcome == Outcome.REFUSED


def test_a_late_refusal_of_the_only_offer_ends_the_order(script: Script) -> None:
    attempt = sending(script)
    make_due(attempt.order)
    actions.sweep()
    answer(attempt, REFUSED)

    actions.submit(order_id=attempt.order_id)

    ended = again(attempt.order)
    assert ended.submission == Submission.WITHDRAWN
    assert balance(customer=ended.customer) == 100
    assert len(script.asked("add")) == 1


def test_an_order_that_cannot_be_claimed_is_left_to_staff_in_the_end(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("poison")

    monkeypatch.setattr("orders.actions.express.claim", fail)
    for _ in range(6):
        make_due(order)
        actions.submit(order_id=order.pk)

    poisoned = again(order)
    assert (poisoned.submission, poisoned.errors) == (Submission.QUEUED, 6)
    assert poisoned.flag_reason == "it failed 6 times before it could be sent"
    assert script.asked("add") == []


def test_an_accepted_order_is_followed_where_it_was_accepted(
    script: Script, order: Order
) -> None:
    answer(sending(script, order), REFUSED)

    followed = accepted(script, order)

    assert followed.provider == Provider.objects.get(offers__routes__position=2)
