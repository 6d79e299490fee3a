"""What is PayPal's own: captures, tokens, notifications that it vouches for, disputes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import Settings

from payments.gateways.paypal import PaypalGateway
from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Report,
    State,
    UnreadableError,
)
from tests.payments.fakes.paypal import PaypalFake
from tests.payments.fakes.serving import Delivery
from tests.payments.gateways.wishes import REFERENCE, wish

gateway = PaypalGateway()


def begin() -> str:
    return gateway.start(wish()).remote_id


def read(delivery: Delivery) -> Report:
    [report] = gateway.read_notification(delivery.headers, delivery.body)
    return report


def captures(paypal: PaypalFake) -> int:
    return sum(call.path.endswith("/capture") for call in paypal.calls)


def test_an_order_asks_for_no_address(paypal: PaypalFake) -> None:
    remote_id = gateway.start(wish(language="ko")).remote_id
    asked = paypal.payments[remote_id].asked

    assert asked["purchase_units"] == [
        {
            "custom_id": REFERENCE,
            "description": "Funds at Magpie",
            "amount": {"currency_code": "USD", "value": "12.50"},
        }
    ]
    context = asked["payment_source"]["paypal"]["experience_context"]
    assert context["shipping_preference"] == "NO_SHIPPING"
    assert context["locale"] == "ko-KR"


@pytest.mark.parametrize("currency", ["JPY", "HUF", "TWD"])
def test_some_currencies_have_no_decimals(paypal: PaypalFake, currency: str) -> None:
    remote_id = gateway.start(wish("500", currency)).remote_id
    asked = paypal.payments[remote_id].asked
    assert asked["purchase_units"][0]["amount"]["value"] == "500"

    with pytest.raises(GatewayError) as caught:
        gateway.start(wish("500.50", currency, reference="another"))
    assert not caught.value.unknown


def test_won_are_not_taken(paypal: PaypalFake) -> None:
    assert "KRW" not in gateway.currencies()


def test_what_the_customer_allowed_is_captured_once(paypal: PaypalFake) -> None:
    remote_id = begin()
    paypal.allow(remote_id)
    waiting = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (waiting.state, waiting.amount) == (State.PENDING, 0)

    for _time in range(2):
        report = gateway.confirm({"token": "another", "PayerID": "x"}, remote_id)
        assert report is not None
        assert (report.state, report.amount) == (State.PAID, Decimal("12.50"))
        assert (report.reference, report.remote_id) == (REFERENCE, remote_id)
        assert report.instrument == "PAYER"
    assert captures(paypal) == 1


def test_who_does_not_return_is_captured_on_paypal_s_word(paypal: PaypalFake) -> None:
    remote_id = begin()
    [allowed] = paypal.allow(remote_id)

    for _time in range(2):
        report = read(allowed)
        assert (report.state, report.amount) == (State.PAID, Decimal("12.50"))
        assert report.event_id != ""
    assert captures(paypal) == 1


def test_what_was_not_allowed_is_not_captured(paypal: PaypalFake) -> None:
    remote_id = begin()

    report = gateway.confirm({"token": remote_id}, remote_id)
    assert report is not None
    assert report.state is State.PENDING
    assert gateway.confirm({}, remote_id) is None
    assert gateway.confirm({"token": remote_id}, "") is None
    assert captures(paypal) == 0


def test_a_declined_card_leaves_the_order_open(paypal: PaypalFake) -> None:
    remote_id = begin()
    paypal.allow(remote_id)
    paypal.payments[remote_id].facts["declined"] = True

    report = gateway.confirm({"token": remote_id}, remote_id)
    assert report is not None
    assert (report.state, report.amount) == (State.PENDING, 0)
    assert report.detail.endswith("INSTRUMENT_DECLINED")


@pytest.mark.parametrize("fault", ["500", "lost"])
def test_a_capture_whose_answer_is_missing_is_repeated(
    paypal: PaypalFake, fault: str
) -> None:
    remote_id = begin()
    paypal.allow(remote_id)
    paypal.faults.extend(["", fault])

    with pytest.raises(GatewayError) as caught:
        gateway.confirm({"token": remote_id}, remote_id)
    assert caught.value.unknown
    report = gateway.confirm({"token": remote_id}, remote_id)
    assert report is not None
    assert (report.state, report.amount) == (State.PAID, Decimal("12.50"))


def test_a_token_is_kept_and_replaced_when_refused(paypal: PaypalFake) -> None:
    remote_id = begin()
    gateway.ask(reference=REFERENCE, remote_id=remote_id)
    tokens = [call for call in paypal.calls if call.path == "/v1/oauth2/token"]
    assert len(tokens) == 1

    paypal.token = "A21-second"
    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert report.state is State.PENDING


def test_an_old_notification_is_not_taken(paypal: PaypalFake) -> None:
    body = paypal.settle(begin())[0].body

    assert read(paypal.sign(body, age=timedelta(days=3))).state is State.PAID
    old = paypal.sign(body, age=timedelta(days=5))
    with pytest.raises(ForgedError):
        gateway.read_notification(old.headers, old.body)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PAYPAL-CERT-URL", "https://paypal.com.example.com/cert"),
        ("PAYPAL-CERT-URL", "https://evilpaypal.com/cert"),
        ("PAYPAL-CERT-URL", ""),
        ("PAYPAL-TRANSMISSION-TIME", "yesterday"),
        ("PAYPAL-TRANSMISSION-TIME", "2026-11-26T10:00:00"),
        ("PAYPAL-TRANSMISSION-SIG", ""),
    ],
)
def test_what_cannot_be_paypal_s_is_not_asked_about(
    paypal: PaypalFake, name: str, text: str
) -> None:
    delivery = paypal.settle(begin())[0]
    calls = len(paypal.calls)

    with pytest.raises(ForgedError):
        gateway.read_notification({**delivery.headers, name: text}, delivery.body)
    assert len(paypal.calls) == calls


def test_what_paypal_cannot_read_is_forged(paypal: PaypalFake) -> None:
    body = paypal.settle(begin())[0].body.decode().encode("utf-16")
    delivery = paypal.sign(body)

    with pytest.raises(ForgedError):
        gateway.read_notification(delivery.headers, delivery.body)


def test_a_notification_waits_while_paypal_cannot_be_asked(paypal: PaypalFake) -> None:
    delivery = paypal.settle(begin())[0]
    paypal.faults.append("500")

    with pytest.raises(GatewayError):
        read(delivery)
    assert read(delivery).state is State.PAID


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [
        ("WAITING_FOR_SELLER_RESPONSE", "", State.DISPUTED),
        ("UNDER_REVIEW", "", State.DISPUTED),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", State.DISPUTE_LOST),
        ("RESOLVED", "ACCEPTED", State.DISPUTE_LOST),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", State.DISPUTE_WON),
        ("RESOLVED", "RESOLVED_WITH_PAYOUT", State.DISPUTE_WON),
        ("RESOLVED", "CANCELED_BY_BUYER", State.DISPUTE_WON),
        ("RESOLVED", "SOMETHING_NEW", State.DISPUTED),
    ],
)
def test_a_dispute_is_told_with_what_it_is_about(
    paypal: PaypalFake, status: str, outcome: str, state: State
) -> None:
    remote_id = begin()
    paypal.settle(remote_id)

    report = read(paypal.dispute(remote_id, status, outcome)[0])
    assert (report.state, report.reference) == (state, REFERENCE)
    assert (report.remote_id, report.amount) == (remote_id, Decimal("12.50"))
    assert report.disputed == Decimal("12.50")
    assert report.detail == f"UNAUTHORISED {outcome}".strip()


def test_what_paypal_takes_back_is_a_refund(paypal: PaypalFake) -> None:
    remote_id = begin()
    paypal.settle(remote_id)
    paypal.take(remote_id, Decimal("12.50"))
    refund = paypal.show_refund(paypal.payments[remote_id])
    del refund["seller_payable_breakdown"]

    report = read(paypal.tell("PAYMENT.CAPTURE.REVERSED", refund))
    assert (report.state, report.refunded) == (State.REFUNDED, Decimal("12.50"))


@pytest.mark.parametrize(
    ("capture", "state"), [("PENDING", State.PENDING), ("DECLINED", State.FAILED)]
)
def test_a_capture_that_is_not_through_pays_nothing(
    paypal: PaypalFake, capture: str, state: State
) -> None:
    remote_id = begin()
    paypal.payments[remote_id].facts["capture"] = capture
    report = read(paypal.settle(remote_id)[0])

    assert (report.state, report.amount) == (state, 0)
    asked = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (asked.state, asked.amount) == (state, 0)


def test_what_the_shop_has_not_started_is_passed_over(paypal: PaypalFake) -> None:
    payment = paypal.payments[begin()]
    paypal.settle(payment.id)
    capture = {**paypal.show_capture(payment), "custom_id": ""}
    delivery = paypal.tell("PAYMENT.CAPTURE.COMPLETED", capture)

    assert gateway.read_notification(delivery.headers, delivery.body) == []


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("CHECKOUT.ORDER.APPROVED", {}),
        ("PAYMENT.CAPTURE.COMPLETED", {"status": "COMPLETED"}),
        ("PAYMENT.CAPTURE.COMPLETED", []),
        ("PAYMENT.CAPTURE.REFUNDED", {"links": []}),
        ("CUSTOMER.DISPUTE.CREATED", {"disputed_transactions": []}),
    ],
)
def test_an_event_without_its_facts_is_unreadable(
    paypal: PaypalFake, kind: str, resource: object
) -> None:
    delivery = paypal.tell(kind, resource)

    with pytest.raises(UnreadableError):
        gateway.read_notification(delivery.headers, delivery.body)


def test_what_was_not_paid_is_not_refunded(paypal: PaypalFake) -> None:
    remote_id = begin()

    with pytest.raises(GatewayError) as caught:
        gateway.refund(remote_id=remote_id, amount=Decimal(1), currency="USD", key="1")
    assert not caught.value.unknown


def test_a_webhook_that_is_not_there_fails_the_test_button(
    paypal: PaypalFake, settings: Settings
) -> None:
    settings.PAYPAL_WEBHOOK_ID = "WH-GONE"

    with pytest.raises(GatewayError) as caught:
        gateway.check()
    assert caught.value.message.startswith("404")


def test_without_an_order_there_is_no_answer(paypal: PaypalFake) -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference=REFERENCE, remote_id="")
    assert not caught.value.unknown
    assert paypal.calls == []


@pytest.mark.parametrize(
    ("status", "refused"), [("PENDING", False), ("FAILED", True), ("CANCELLED", True)]
)
def test_a_refund_may_take_days_or_fail_at_once(
    paypal: PaypalFake, monkeypatch: pytest.MonkeyPatch, status: str, refused: bool
) -> None:
    remote_id = begin()
    paypal.settle(remote_id)
    monkeypatch.setattr(paypal, "refund_status", status)
    part = {"amount": Decimal("2.50"), "currency": "USD"}

    if not refused:
        assert gateway.refund(remote_id=remote_id, **part, key="1").pending
        return
    with pytest.raises(GatewayError) as caught:
        gateway.refund(remote_id=remote_id, **part, key="1")
    assert not caught.value.unknown
