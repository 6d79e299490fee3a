"""Each gateway with the whole room: from the form to the balance, and what goes wrong.

The fake stands in for the gateway, over HTTP, signatures and all; the shop is the real one.
"""

from collections.abc import Iterator
from decimal import Decimal
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from ledger.queries import balance
from payments import actions
from payments.enums import DecisionKind, TopUpState
from payments.models import Notification, TopUp
from tests.factories import make_admin, make_customer
from tests.payments.fakes.paypal import PaypalFake
from tests.payments.fakes.serving import Delivery, Fake
from tests.payments.fakes.stripe import StripeFake
from tests.payments.gateways.conftest import FAKES, serve
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture(params=FAKES, ids=lambda kind: kind.name)
def fake(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Fake]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.SHOP_CURRENCY = request.param.currency
    settings.TOPUP_LEAST = Decimal(1)
    settings.TOPUP_MOST = settings.TOPUP_FIRST_MOST = Decimal(1_000_000)
    settings.TOPUP_EARLY_MOST = Decimal(1_000_000)
    yield from serve(request.param, settings)


def begin(fake: Fake) -> TopUp:
    """Post the form of a new customer, and return the top-up that it began."""
    customer = make_customer(credit=0)
    client = Client()
    client.force_login(customer)
    client.post("/funds/", {"amount": fake.amount, "gateway": fake.name})
    top_up = TopUp.objects.get(customer=customer)
    assert top_up.remote_id in fake.payments
    return top_up


def tell(fake: Fake, *deliveries: Delivery) -> list[int]:
    """Post notifications as the gateway does, and return the answers' statuses."""
    return [
        Client()
        .post(
            f"/payments/notify/{fake.name}/",
            delivery.body,
            content_type="application/json",
            headers=dict(delivery.headers),
        )
        .status_code
        for delivery in deliveries
    ]


def stands(top_up: TopUp) -> tuple[str, Decimal]:
    """Return the state of a top-up, and what its customer has."""
    top_up.refresh_from_db()
    return top_up.state, balance(customer=User.objects.get(pk=top_up.customer_id))


def test_a_payment_is_credited_once_however_often_it_is_told(fake: Fake) -> None:
    top_up = begin(fake)
    told = fake.settle(top_up.remote_id)

    for _time in range(3):
        assert set(tell(fake, *told)) == {200}
        actions.ask(top_up=top_up)
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount))


def test_fifty_deliveries_at_once_credit_once(fake: Fake) -> None:
    top_up = begin(fake)
    told = fake.settle(top_up.remote_id)

    # Ten at a time: the pool holds no fifty connections.
    for _round in range(5):
        answers = together(*[lambda: tell(fake, told[-1])] * 10)
        assert answers == [[200]] * 10
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount))
    assert top_up.events.filter(new=TopUpState.PAID).count() == 1


def test_a_lost_notification_is_asked_about(fake: Fake) -> None:
    top_up = begin(fake)
    fake.settle(top_up.remote_id)
    TopUp.objects.update(next_at=top_up.created_at)

    assert actions.sweep_top_ups() == 1
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount))


@pytest.mark.parametrize(
    "fake",
    [kind for kind in FAKES if kind.signs],
    indirect=True,
    ids=lambda kind: kind.name,
)
def test_a_forged_notification_is_refused(fake: Fake) -> None:
    top_up = begin(fake)
    told = [fake.sign_as_stranger(each.body) for each in fake.settle(top_up.remote_id)]

    assert set(tell(fake, *told)) == {400}
    assert stands(top_up) == (TopUpState.PENDING, Decimal(0))


def test_another_amount_is_not_credited(fake: Fake) -> None:
    top_up = begin(fake)
    less = Decimal(fake.amount) / 2
    tell(fake, *fake.settle(top_up.remote_id, amount=less))

    actions.ask(top_up=top_up)
    assert stands(top_up) == (TopUpState.PENDING, Decimal(0))
    assert top_up.flagged_at is not None


def test_another_currency_is_not_credited(fake: Fake) -> None:
    top_up = begin(fake)
    tell(fake, *fake.settle(top_up.remote_id, currency="JPY"))

    actions.ask(top_up=top_up)
    assert stands(top_up) == (TopUpState.PENDING, Decimal(0))
    assert top_up.flagged_at is not None


def test_refunds_that_are_told_before_the_payment_add_up(fake: Fake) -> None:
    top_up = begin(fake)
    paid = fake.settle(top_up.remote_id)
    fake.take(top_up.remote_id, Decimal(fake.amount) / 5)
    refunded = fake.tell_refund(top_up.remote_id)

    assert set(tell(fake, *refunded, *paid, *refunded)) == {200}
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount) * 4 / 5)
    assert top_up.refunded == Decimal(fake.amount) / 5


def test_a_start_that_nobody_knows_of_is_not_paid_twice(fake: Fake) -> None:
    fake.faults.extend([*[""] * (fake.calls_of_a_start - 1), "lost"])
    customer = make_customer(credit=0)
    client = Client()
    client.force_login(customer)
    client.post("/funds/", {"amount": fake.amount, "gateway": fake.name})

    top_up = TopUp.objects.get()
    assert stands(top_up) == (TopUpState.CREATED, Decimal(0))
    assert len(fake.payments) == 1
    [number] = fake.payments
    tell(fake, *fake.settle(number))
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount))


def test_the_way_there_and_back(
    fake: Fake, live_server: LiveServer, settings: Settings
) -> None:
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    fake.webhook_url = f"{live_server.url}/payments/notify/{fake.name}/"
    top_up = begin(fake)
    page = urlsplit(top_up.url)
    connection = HTTPConnection(str(page.hostname), page.port)
    connection.request("POST", page.path)
    back = connection.getresponse().headers["Location"].removeprefix(live_server.url)
    connection.close()

    client = Client()
    client.force_login(User.objects.get(pk=top_up.customer_id))
    assert client.get(back).status_code == 302
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount))
    assert Notification.objects.exclude(outcome="").count() == (
        Notification.objects.count()
    )


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (StripeFake, [("needs_response", "created"), ("won", "closed")]),
        (PaypalFake, [("UNDER_REVIEW", ""), ("RESOLVED", "RESOLVED_SELLER_FAVOUR")]),
    ],
)
def test_a_dispute_freezes_until_it_is_won(
    settings: Settings, kind: type[Fake], steps: list[tuple[str, str]]
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    for fake in serve(kind, settings):
        top_up = begin(fake)
        tell(fake, *fake.settle(top_up.remote_id))
        for (first, second), state, has in zip(
            steps, (TopUpState.DISPUTED, TopUpState.PAID), ("0", "12.5"), strict=True
        ):
            told = fake.dispute(top_up.remote_id, first, second)
            assert set(tell(fake, *told, *told)) == {200}
            assert stands(top_up) == (state, Decimal(has))
            customer = User.objects.get(pk=top_up.customer_id)
            assert (customer.frozen_at is not None) == (state == TopUpState.DISPUTED)


def test_a_refund_goes_through_the_gateway_once(fake: Fake, settings: Settings) -> None:
    top_up = begin(fake)
    tell(fake, *fake.settle(top_up.remote_id))
    part = Decimal(fake.amount) / 5
    settings.TOPUP_FOUR_EYES = Decimal(1_000_000)
    decision = actions.decide(
        top_up=top_up,
        kind=DecisionKind.REFUND,
        amount=part,
        note="asked for",
        by=make_admin(),
    )

    assert decision.closed_at is not None
    assert fake.refunded(top_up.remote_id) == part
    tell(fake, *fake.tell_refund(top_up.remote_id))
    assert stands(top_up) == (TopUpState.PAID, Decimal(fake.amount) - part)
