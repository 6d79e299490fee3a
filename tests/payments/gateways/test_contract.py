"""What every gateway does alike, each against its fake over HTTP."""

import json
import socket
from decimal import Decimal
from http.client import HTTPConnection
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from pytest_django import Settings

from payments.gateways.protocol import (
    ForgedError,
    Gateway,
    GatewayError,
    Limits,
    Report,
    State,
    UnreadableError,
)
from tests.payments.fakes.serving import Answer, Delivery, Fake, Request
from tests.payments.gateways.wishes import GATEWAYS, REFERENCE, wish


@pytest.fixture
def gateway(fake: Fake) -> Gateway:
    return GATEWAYS[fake.name]


def begin(fake: Fake, gateway: Gateway) -> str:
    """Start a payment of what this gateway takes, and return its number."""
    return gateway.start(wish(fake.amount, fake.currency)).remote_id


def read(gateway: Gateway, delivery: Delivery) -> list[tuple[str, str, Decimal, str]]:
    """Return what a notification says, without what differs between gateways."""
    reports = gateway.read_notification(delivery.headers, delivery.body)
    return [
        (report.state, report.reference, report.amount, report.currency)
        for report in reports
    ]


def fail_to_start(gateway: Gateway, fake: Fake) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        begin(fake, gateway)
    return caught.value


# --- The round trip --------------------------------------------------------------


def test_a_payment_begins_on_a_hosted_page(fake: Fake, gateway: Gateway) -> None:
    started = gateway.start(wish(fake.amount, fake.currency))

    assert started.url == f"{fake.url}/pay/{started.remote_id}"
    assert list(fake.payments) == [started.remote_id]
    assert fake.payments[started.remote_id].reference == REFERENCE
    report = gateway.ask(reference=REFERENCE, remote_id=started.remote_id)
    assert (report.state, report.reference) == (State.PENDING, REFERENCE)
    assert (report.remote_id, report.amount) == (started.remote_id, 0)


def test_a_payment_that_is_started_again_is_the_same(
    fake: Fake, gateway: Gateway
) -> None:
    assert begin(fake, gateway) == begin(fake, gateway)
    assert len(fake.payments) == 1


def test_a_paid_payment_is_told_and_answered_alike(
    fake: Fake, gateway: Gateway
) -> None:
    remote_id = begin(fake, gateway)
    told = [read(gateway, delivery) for delivery in fake.settle(remote_id)]

    paid = (State.PAID, REFERENCE, Decimal(fake.amount), fake.currency)
    assert told
    assert all(each == [paid] for each in told)
    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (report.state, report.reference, report.amount, report.currency) == paid
    assert (report.remote_id, report.refunded, report.event_id) == (remote_id, 0, "")


def test_a_payment_that_nobody_makes_expires(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    told = [read(gateway, delivery) for delivery in fake.lapse(remote_id)]

    assert all(each == [(State.EXPIRED, REFERENCE, 0, fake.currency)] for each in told)
    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (report.state, report.amount) == (State.EXPIRED, 0)


class Shop(Fake):
    """Takes what a gateway tells at its address, as the real shop does."""

    gateway: ClassVar[Gateway]

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Report] = []

    def handle(self, request: Request) -> Answer:
        self.told += self.gateway.read_notification(request.headers, request.body)
        return Answer(200, {})


def test_the_hosted_page_pays_tells_and_leads_back(
    fake: Fake, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shop, "gateway", gateway, raising=False)
    with Shop.serving() as shop:
        fake.webhook_url = f"{shop.url}/payments/notify/{fake.name}/"
        back = f"{shop.url}/funds/1/"
        started = gateway.start(wish(fake.amount, fake.currency, return_url=back))
        page = urlsplit(started.url)
        connection = HTTPConnection(str(page.hostname), page.port)
        connection.request("GET", page.path)
        assert b"<button>Pay</button>" in connection.getresponse().read()
        connection.request("POST", page.path)
        location = urlsplit(connection.getresponse().headers["Location"])
        connection.close()

        assert f"{location.scheme}://{location.netloc}{location.path}" == back
        confirmed = gateway.confirm(dict(parse_qsl(location.query)), started.remote_id)

    asked = gateway.ask(reference=REFERENCE, remote_id=started.remote_id)
    reports = [*shop.told, asked, *([confirmed] if confirmed else [])]
    assert len(reports) > 1
    for report in reports:
        assert (report.state, report.reference) == (State.PAID, REFERENCE)
        assert report.amount == Decimal(fake.amount)


# --- Refunds ---------------------------------------------------------------------


def test_a_refund_happens_once_for_its_key(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    fake.settle(remote_id)
    amount = Decimal(fake.amount)
    part = {"amount": amount / 5, "currency": fake.currency}

    first = gateway.refund(remote_id=remote_id, **part, key="1")
    assert gateway.refund(remote_id=remote_id, **part, key="1") == first
    assert fake.refunded(remote_id) == amount / 5
    other = gateway.refund(remote_id=remote_id, **part, key="2")
    assert other.remote_id != first.remote_id
    assert fake.refunded(remote_id) == amount * 2 / 5


def test_what_was_refunded_is_told_in_all(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    fake.settle(remote_id)
    fake.take(remote_id, Decimal(fake.amount) / 5)
    fake.take(remote_id, Decimal(fake.amount) / 5)
    told = [
        report
        for delivery in fake.tell_refund(remote_id)
        for report in gateway.read_notification(delivery.headers, delivery.body)
    ]

    for report in [*told, gateway.ask(reference=REFERENCE, remote_id=remote_id)]:
        assert report.state is State.REFUNDED
        assert report.amount == Decimal(fake.amount)
        assert report.refunded == Decimal(fake.amount) * 2 / 5


def test_what_is_no_amount_is_not_refunded(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    fake.settle(remote_id)

    for amount in ("0", "-1", "1.005"):
        with pytest.raises(GatewayError) as caught:
            gateway.refund(
                remote_id=remote_id,
                amount=Decimal(amount),
                currency=fake.currency,
                key="1",
            )
        assert not caught.value.unknown
    assert fake.refunded(remote_id) == 0


def test_more_than_was_paid_is_not_refunded(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    fake.settle(remote_id)

    with pytest.raises(GatewayError) as caught:
        gateway.refund(
            remote_id=remote_id,
            amount=Decimal(fake.amount) * 2,
            currency=fake.currency,
            key="1",
        )
    assert not caught.value.unknown
    assert fake.refunded(remote_id) == 0


# --- Amounts ---------------------------------------------------------------------


@pytest.mark.parametrize("factor", [Decimal(2), Decimal("0.5")])
def test_another_amount_is_told_as_it_came(
    fake: Fake, gateway: Gateway, factor: Decimal
) -> None:
    remote_id = begin(fake, gateway)
    other = Decimal(fake.amount) * factor
    told = [read(gateway, each) for each in fake.settle(remote_id, amount=other)]

    assert all(each[0][1:] == (REFERENCE, other, fake.currency) for each in told)
    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (report.amount, report.currency) == (other, fake.currency)


def test_another_currency_is_told_as_it_came(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    told = [read(gateway, each) for each in fake.settle(remote_id, currency="JPY")]

    assert all(each[0][3] == "JPY" for each in told)
    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert report.currency == "JPY"


@pytest.mark.parametrize("amount", ["0", "-1", "1.005"])
def test_what_is_no_amount_is_not_sent(
    fake: Fake, gateway: Gateway, amount: str
) -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.start(wish(amount, fake.currency))
    assert not caught.value.unknown
    assert fake.payments == {}


def test_the_currencies_have_limits(fake: Fake, gateway: Gateway) -> None:
    assert fake.currency in gateway.currencies()
    for currency in gateway.currencies():
        limits = gateway.limits(currency)
        assert isinstance(limits, Limits)
        assert 0 < limits.least < limits.most


# --- Notifications that are not what they seem -------------------------------------


def test_a_repeated_notification_is_known_by_its_number(
    fake: Fake, gateway: Gateway
) -> None:
    delivery = fake.settle(begin(fake, gateway))[-1]

    first = gateway.read_notification(delivery.headers, delivery.body)
    again = gateway.read_notification(delivery.headers, delivery.body)
    assert first[0].event_id != ""
    assert [each.event_id for each in again] == [each.event_id for each in first]


def test_late_notifications_harm_nothing(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    paid = fake.settle(remote_id)
    fake.take(remote_id, Decimal(fake.amount))
    refunded = fake.tell_refund(remote_id)

    for delivery in [*refunded, *paid]:
        for report in gateway.read_notification(delivery.headers, delivery.body):
            assert report.reference == REFERENCE
            assert report.amount == Decimal(fake.amount)
            assert report.state in {State.PAID, State.REFUNDED}


def test_without_its_signature_a_notification_is_forged(signing: Fake) -> None:
    gateway = GATEWAYS[signing.name]
    delivery = signing.settle(begin(signing, gateway))[-1]

    with pytest.raises(ForgedError):
        gateway.read_notification({}, delivery.body)


def test_another_account_s_signature_is_forged(signing: Fake) -> None:
    gateway = GATEWAYS[signing.name]
    delivery = signing.settle(begin(signing, gateway))[-1]

    stranger = signing.sign_as_stranger(delivery.body)
    with pytest.raises(ForgedError):
        gateway.read_notification(stranger.headers, stranger.body)


def test_a_changed_body_is_forged(signing: Fake) -> None:
    gateway = GATEWAYS[signing.name]
    delivery = signing.settle(begin(signing, gateway))[-1]
    changed = delivery.body.replace(REFERENCE.encode(), b"mgp-another1")
    assert changed != delivery.body

    with pytest.raises(ForgedError):
        gateway.read_notification(delivery.headers, changed)


def test_a_notification_in_no_language_is_unreadable(
    fake: Fake, gateway: Gateway
) -> None:
    for body in [b"", b"[]", b'"x"', b"{", b"\xff"]:
        delivery = fake.sign(body)
        with pytest.raises((UnreadableError, ForgedError)):
            gateway.read_notification(delivery.headers, delivery.body)


def test_what_is_not_about_payments_is_passed_over(
    fake: Fake, gateway: Gateway
) -> None:
    delivery = fake.gossip()

    assert list(gateway.read_notification(delivery.headers, delivery.body)) == []


@pytest.mark.django_db(transaction=True)
def test_without_keys_nothing_is_offered_or_believed(
    fake: Fake, gateway: Gateway, settings: Settings
) -> None:
    delivery = fake.settle(begin(fake, gateway))[-1]
    assert gateway.is_configured()

    for name in fake.keys:
        whole = getattr(settings, name)
        setattr(settings, name, "")
        assert not gateway.is_configured(), name
        with pytest.raises(ForgedError):
            gateway.read_notification(delivery.headers, delivery.body)
        setattr(settings, name, whole)


# --- Calls that come to nothing --------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "lost", "hang"])
def test_a_start_whose_answer_is_missing_is_repeated(
    fake: Fake, gateway: Gateway, settings: Settings, fault: str
) -> None:
    settings.HTTP_DEADLINE = 0.5
    begin_calls = fake.calls_of_a_start
    fake.faults.extend([""] * (begin_calls - 1) + [fault])

    assert fail_to_start(gateway, fake).unknown
    settings.HTTP_DEADLINE = 5.0
    remote_id = begin(fake, gateway)
    assert list(fake.payments) == [remote_id]


def test_a_question_that_fails_says_nothing(fake: Fake, gateway: Gateway) -> None:
    remote_id = begin(fake, gateway)
    fake.settle(remote_id)
    fake.faults.append("500")

    with pytest.raises(GatewayError):
        gateway.ask(reference=REFERENCE, remote_id=remote_id)
    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert report.state is State.PAID


def test_an_unknown_payment_is_no_answer(fake: Fake, gateway: Gateway) -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference="nobody", remote_id="nothing")
    assert not caught.value.unknown


def test_who_is_not_reached_has_done_nothing(
    fake: Fake, gateway: Gateway, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    setattr(settings, fake.address, address)

    assert not fail_to_start(gateway, fake).unknown
    assert fake.calls == []


def test_a_wrong_key_is_said_without_the_key(
    fake: Fake, gateway: Gateway, settings: Settings
) -> None:
    setattr(settings, fake.keys[0], "sk_test_wrong0123456789")
    error = fail_to_start(gateway, fake)

    assert not error.unknown
    assert error.message.startswith("401")
    assert "wrong0123456789" not in error.message
    with pytest.raises(GatewayError):
        gateway.check()


def test_the_test_button_says_that_it_works(fake: Fake, gateway: Gateway) -> None:
    assert "answers" in gateway.check()
    assert fake.payments == {}


def test_an_answer_that_is_no_json_is_no_answer(
    fake: Fake, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "dumps", lambda _content: "<html>")
    assert fail_to_start(gateway, fake).unknown


def test_an_answer_without_its_facts_is_no_answer(
    fake: Fake, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote_id = begin(fake, gateway)
    monkeypatch.setattr(fake, "handle", lambda _request: Answer(200, {"odd": 1}))

    assert fail_to_start(gateway, fake).unknown
    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert caught.value.unknown
    with pytest.raises(GatewayError):
        gateway.refund(
            remote_id=remote_id,
            amount=Decimal(fake.amount),
            currency=fake.currency,
            key="1",
        )
