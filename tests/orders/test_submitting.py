"""Claiming an order and sending it: who may, when, and what is recorded before."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from ledger.queries import balance
from orders import actions
from orders.enums import HoldReason, Status, Submission
from orders.models import Attempt, Order
from provider.models import ExchangeRate, Offer, Provider, Route
from tests.factories import make_customer, make_order, make_provider, make_service
from tests.orders.acting import (
    Script,
    accepted,
    again,
    make_due,
    reasons,
    seconds_ahead,
    sending,
    staff_alerts,
)

pytestmark = pytest.mark.django_db


def provider_of(order: Order) -> Provider:
    return Provider.objects.get(offers__routes__service=order.service_id)


def assert_not_sent(script: Script, order: Order) -> None:
    """Nothing left, no attempt was recorded, and the customer has paid no more."""
    assert script.asked("add") == []
    assert order.attempts.count() == 0
    assert balance(customer=order.customer) == 100 - order.charge


def test_a_queued_order_is_sent_with_its_fields_and_accepted(script: Script) -> None:
    order = make_order()

    actions.submit(order_id=order.pk)

    (fields,) = script.asked("add")
    offer = Offer.objects.get(routes__service=order.service)
    assert fields == {
        "service": offer.upstream_id,
        "link": order.link,
        "quantity": "1000",
    }
    assert again(order).submission == Submission.ACCEPTED


def test_the_attempt_is_recorded_before_anything_leaves(script: Script) -> None:
    attempt = sending(script)

    assert attempt.no == 1
    assert attempt.answered_at is None
    assert attempt.outcome == ""
    assert attempt.expected_cost == Decimal(1)
    assert attempt.lease_until > attempt.sent_at
    assert again(attempt.order).submission == Submission.SENDING
    assert again(attempt.order).next_at is not None


def test_an_order_that_is_being_sent_is_not_sent_again(script: Script) -> None:
    attempt = sending(script)

    actions.submit(order_id=attempt.order_id)

    assert len(script.asked("add")) == 1
    assert Attempt.objects.count() == 1


def test_an_accepted_order_is_not_sent_again(script: Script) -> None:
    order = accepted(script)
    make_due(order)

    actions.submit(order_id=order.pk)

    assert len(script.asked("add")) == 1


def test_an_order_that_does_not_exist_is_not_sent(script: Script) -> None:
    actions.submit(order_id=999_999_999)

    assert script.calls == []


def test_an_order_that_waits_is_not_sent_before_its_time(script: Script) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(next_at="2999-01-01T00:00Z")

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)


def test_an_order_that_nobody_watches_is_not_sent(script: Script) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        next_at=None, flagged_at=Now(), flag_reason="20 attempts"
    )

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)


def test_an_order_stays_queued_while_its_provider_is_paused(script: Script) -> None:
    order = make_order()
    Provider.objects.update(paused_at=Now(), pause_reason="no funds")

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    assert again(order).submission == Submission.QUEUED
    assert 10 < seconds_ahead(order) <= 15


@pytest.mark.parametrize("gone", ["withdrawn", "switched off"])
def test_an_order_that_nobody_sells_any_more_is_held_and_flagged(
    script: Script, gone: str
) -> None:
    order = make_order()
    if gone == "withdrawn":
        Offer.objects.update(withdrawn_at=Now())
    else:
        Provider.objects.update(active=False)

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    assert again(order).submission == Submission.HELD
    assert again(order).flag_reason == "nobody sells it to us at present"


def test_an_order_is_sent_as_soon_as_its_provider_is_resumed(script: Script) -> None:
    order = make_order()
    Provider.objects.update(paused_at=Now(), pause_reason="no funds")
    actions.submit(order_id=order.pk)
    Provider.objects.update(paused_at=None, pause_reason="")
    make_due(order)

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED


def test_no_more_orders_are_under_way_than_the_provider_takes(script: Script) -> None:
    provider = make_provider(max_in_flight=2)
    service = make_service(provider)
    customer = make_customer(credit="100")
    orders = [make_order(customer, service) for _ in range(3)]

    for order in orders[:2]:
        sending(script, order)

    actions.submit(order_id=orders[2].pk)

    states = [again(order).submission for order in orders]
    assert states == [Submission.SENDING, Submission.SENDING, Submission.QUEUED]
    assert seconds_ahead(orders[2]) <= 1


def test_an_attempt_past_its_lease_takes_no_place(script: Script) -> None:
    provider = make_provider(max_in_flight=1)
    service = make_service(provider)
    customer = make_customer(credit="100")
    attempt = sending(script, make_order(customer, service))
    make_due(attempt.order)
    actions.sweep()

    actions.submit(order_id=(order := make_order(customer, service)).pk)

    assert again(order).submission == Submission.ACCEPTED


def test_an_order_waits_for_the_providers_rate_limit(script: Script) -> None:
    order = make_order()
    Provider.objects.update(next_call_at="2999-01-01T00:00Z")

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    assert seconds_ahead(order) <= 1


def test_an_order_that_would_sell_below_cost_is_held_and_flagged(
    script: Script,
) -> None:
    order = make_order()
    Offer.objects.update(rate_seen=Decimal("2.00000001"))

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    order = again(order)
    assert (order.submission, order.status) == (Submission.HELD, Status.PENDING)
    assert order.flag_reason == "it would cost more than the customer paid"
    assert staff_alerts() == [f"Order {order.pk}: {order.flag_reason}"]


def test_an_order_that_just_pays_for_itself_is_sent(script: Script) -> None:
    order = make_order()
    Offer.objects.update(rate_seen=Decimal(2))

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED


def test_the_newest_rate_of_exchange_decides_what_an_order_costs(
    script: Script,
) -> None:
    service = make_service(make_provider(currency="EUR"))
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.1"))
    order, other = (make_order(service=service) for _ in range(2))
    actions.submit(order_id=order.pk)
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("2.1"))

    actions.submit(order_id=other.pk)

    assert order.attempts.get().fx_rate == Decimal("1.1")
    assert again(order).submission == Submission.ACCEPTED
    assert again(other).submission == Submission.HELD


def test_without_a_rate_of_exchange_nothing_is_sent(script: Script) -> None:
    order = make_order(service=make_service(make_provider(currency="EUR")))

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    assert again(order).flag_reason == "nobody said lately what one EUR costs"


def test_by_a_rate_of_exchange_that_is_too_old_nothing_is_sent(
    script: Script, settings: Settings
) -> None:
    settings.RATE_PAUSE_HOURS = 10
    order = make_order(service=make_service(make_provider(currency="EUR")))
    old = timezone.now() - timedelta(hours=11)
    ExchangeRate.objects.create(
        base="EUR", quote="USD", rate=Decimal("1.1"), created_at=old
    )

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    assert again(order).held_for == HoldReason.RATE


def test_an_order_of_a_service_without_a_route_is_held_and_flagged(
    script: Script,
) -> None:
    order = make_order()
    Route.objects.all().delete()

    actions.submit(order_id=order.pk)

    assert_not_sent(script, order)
    assert again(order).submission == Submission.HELD
    assert again(order).flag_reason == "nobody sells it to us at present"


def test_an_order_held_for_its_cost_is_tried_ever_later(script: Script) -> None:
    order = make_order()
    Offer.objects.update(rate_seen=3)
    waits = []
    for _ in range(4):
        actions.submit(order_id=order.pk)
        waits.append(round(seconds_ahead(order), -2))
        make_due(order)
        actions.sweep()

    assert waits == [300, 900, 3600, 3600]
    assert len(staff_alerts()) == 1


def test_a_package_costs_its_rate_once(script: Script) -> None:
    service = make_service(type="package", min=1, max=1)
    order = make_order(service=service, raw={"link": "https://example.com/film"})

    actions.submit(order_id=order.pk)

    assert order.attempts.get().expected_cost == Decimal(1)
    assert order.charge == Decimal(2)


def test_every_step_of_a_good_order_leaves_an_event(script: Script) -> None:
    order = make_order()

    actions.submit(order_id=order.pk)

    sent = order.attempts.get()
    assert reasons(order) == [
        "ordered (web)",
        f"attempt 1 at {sent.provider}",
        f"accepted as {sent.upstream_id}",
    ]
