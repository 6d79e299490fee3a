"""Beginning a payment: every exit, and the limits."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from pytest_django import Settings

from accounts import actions as accounts
from accounts.models import User
from payments import actions
from payments.actions import PaymentError
from payments.enums import TopUpState
from payments.gateways.protocol import GatewayError, Limits, Started, State, Wish
from payments.gateways.test.gateway import TestGateway
from payments.models import TopUp
from tests.factories import make_customer
from tests.payments.paying import GATEWAY, begin, buckets, report, tell
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def refused(customer: User, amount: str, address: str | None = None) -> str:
    with pytest.raises(PaymentError) as error:
        actions.start_top_up(
            customer=customer, gateway=GATEWAY, amount=Decimal(amount), address=address
        )
    return error.value.message


def test_the_gateway_is_told_what_it_needs_outside_any_transaction(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SITE_URL = "https://shop.example.com"
    wishes: list[Wish] = []

    def start(self: TestGateway, wish: Wish) -> Started:
        assert not connection.in_atomic_block
        wishes.append(wish)
        return Started("remote 1", url="https://pay.example.com/1")

    monkeypatch.setattr(TestGateway, "start", start)
    customer = make_customer(language="ko")
    top_up = begin(customer, amount="25.5")

    assert wishes == [
        Wish(
            reference=top_up.reference,
            amount=Decimal("25.5"),
            currency="USD",
            email=customer.email,
            language="ko",
            description=f"Magpie #{top_up.pk}",
            return_url=f"https://shop.example.com/funds/{top_up.pk}/return/",
            cancel_url=f"https://shop.example.com/funds/{top_up.pk}/",
            notify_url="https://shop.example.com/payments/notify/test/",
        )
    ]
    assert (top_up.state, top_up.remote_id) == (TopUpState.PENDING, "remote 1")
    assert top_up.url == "https://pay.example.com/1"
    assert re.fullmatch("[A-HJ-NP-Z2-9]{12}", top_up.reference)


def failing(unknown: bool) -> Callable[..., Started]:
    def start(self: TestGateway, wish: Wish) -> Started:
        raise GatewayError("it is away", unknown=unknown)

    return start


@pytest.mark.parametrize(
    ("unknown", "state"), [(False, TopUpState.FAILED), (True, TopUpState.CREATED)]
)
def test_a_start_that_fails_ends_the_payment_unless_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, unknown: bool, state: TopUpState
) -> None:
    monkeypatch.setattr(TestGateway, "start", failing(unknown))
    customer = make_customer()

    assert "does not answer" in refused(customer, "10")

    top_up = TopUp.objects.get()
    assert (top_up.state, top_up.next_at is not None) == (state, unknown)
    assert [event.reason for event in top_up.events.order_by("id")] == [
        "begun",
        "start: it is away",
    ]
    assert buckets(customer) == {}


def test_a_payment_that_is_confirmed_before_its_start_is_answered_stays_paid(
    monkeypatch: pytest.MonkeyPatch, rings: object
) -> None:
    def start(self: TestGateway, wish: Wish) -> Started:
        top_up = TopUp.objects.get(reference=wish.reference)
        said = report(top_up, State.PAID, remote_id="remote 1")
        actions.apply_report(gateway="test", report=said)
        return Started("remote 1", url="https://pay.example.com/1")

    monkeypatch.setattr(TestGateway, "start", start)
    top_up = begin()

    assert (top_up.state, top_up.remote_id) == (TopUpState.PAID, "remote 1")
    assert buckets(top_up.customer) == {"paid": 10}


def test_the_gateways_limits_hold_beside_the_shops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = Limits(Decimal(7), Decimal(20))
    monkeypatch.setattr(TestGateway, "limits", lambda self, currency: limits)
    customer = make_customer()

    assert refused(customer, "6.99") == "The least is $7.00."
    assert refused(customer, "20.01") == "The most is $20.00."
    assert not TopUp.objects.exists()


def test_a_new_customer_pays_little_at_first_and_little_for_three_days(
    rings: object,
) -> None:
    customer = make_customer()
    assert "A first payment" in refused(customer, "100.01")
    first = begin(customer, "100")
    tell(first, State.PAID)

    # 300 in all, of which 100 are paid and 150 under way.
    begin(customer, "150")
    assert refused(customer, "50.01") == (
        "The most is $50.00. In the first three days all payments together are limited."
    )
    TopUp.objects.filter(pk=first.pk).update(paid_at=Now() - timedelta(hours=73))
    assert begin(customer, "1000").state == TopUpState.PENDING
    assert refused(customer, "1000.01") == "The most is $1,000.00."


def test_what_failed_does_not_count_against_a_new_customer(rings: object) -> None:
    customer = make_customer()
    for _number in range(4):
        tell(begin(customer, "100"), State.FAILED)

    assert begin(customer, "100").state == TopUpState.PENDING


def test_two_at_once_do_not_both_fit_under_one_limit(settings: Settings) -> None:
    settings.TOPUP_EARLY_MOST = Decimal(100)
    customer = make_customer()

    def pay() -> bool:
        try:
            begin(customer, "100")
        except PaymentError:
            return False
        return True

    assert sum(together(*[pay] * 4)) == 1
    assert TopUp.objects.count() == 1


def test_attempts_are_limited_by_customer_and_by_address(settings: Settings) -> None:
    settings.TOPUP_ATTEMPTS = 2
    start = partial(
        actions.start_top_up, gateway=GATEWAY, amount=Decimal(5), address="192.0.2.1"
    )
    one, other = make_customer(), make_customer()
    start(customer=one)
    start(customer=other)

    assert "many payments" in refused(make_customer(), "5", address="192.0.2.1")
    begin(one, "5")
    assert "many payments" in refused(one, "5", address="192.0.2.2")
    TopUp.objects.update(created_at=Now() - timedelta(minutes=61))
    assert start(customer=one).state == TopUpState.PENDING


def test_a_sum_that_nobody_can_pay_is_refused() -> None:
    assert refused(make_customer(), "5.001") == "This has too many decimals."
    assert not TopUp.objects.exists()


def test_attempts_are_limited_by_card_whoever_uses_it(
    settings: Settings, rings: object
) -> None:
    settings.TOPUP_ATTEMPTS = 2
    one, other, third = make_customer(), make_customer(), make_customer()
    tell(begin(one, "5"), State.FAILED, instrument="card-1")
    tell(begin(other, "5"), State.PAID, instrument="card-1")
    tell(begin(third, "5"), State.PAID, instrument="card-2")

    assert "many payments" in refused(one, "5")
    assert "many payments" in refused(other, "5")
    assert begin(third, "5").state == TopUpState.PENDING


def test_a_kind_of_wallet_is_no_card(settings: Settings, rings: object) -> None:
    settings.TOPUP_ATTEMPTS = 2
    customers = [make_customer() for _number in range(3)]
    for customer in customers:
        tell(begin(customer, "5"), State.PAID, instrument="kakao_pay")

    assert begin(customers[0], "5").state == TopUpState.PENDING


def test_who_has_closed_their_account_meanwhile_pays_nothing() -> None:
    customer = make_customer()
    with transaction.atomic():
        accounts.close(user_id=customer.pk)

    # As it was read with the request, it is open.
    assert customer.closed_at is None
    assert refused(customer, "10") == "Your account is closed"
    assert TopUp.objects.count() == 0
