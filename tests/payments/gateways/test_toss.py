"""What is Toss Payments' own: payments that we confirm, and hints without signature."""

import json
from decimal import Decimal

import pytest

from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Report,
    State,
    UnreadableError,
)
from payments.gateways.toss import TossGateway
from tests.payments.fakes.serving import Delivery
from tests.payments.fakes.toss import TossFake
from tests.payments.gateways.wishes import REFERENCE, wish

gateway = TossGateway()


def begin() -> str:
    return gateway.start(wish("12500", "KRW")).remote_id


def read(delivery: Delivery) -> Report:
    [report] = gateway.read_notification(delivery.headers, delivery.body)
    return report


def test_a_payment_is_created_in_won_by_our_server(toss: TossFake) -> None:
    payment = toss.payments[begin()]

    assert payment.asked == {
        "method": "CARD",
        "amount": 12500,
        "currency": "KRW",
        "orderId": REFERENCE,
        "orderName": "Funds at Magpie",
        "customerEmail": "alice@example.com",
        "successUrl": "http://127.0.0.1:1/funds/1/",
        "failUrl": "http://127.0.0.1:1/funds/",
    }


def test_what_the_customer_allowed_is_confirmed_once(toss: TossFake) -> None:
    remote_id = begin()
    toss.allow(remote_id)
    waiting = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (waiting.state, waiting.amount) == (State.PENDING, 0)

    query = {"paymentKey": remote_id, "orderId": REFERENCE, "amount": "12500"}
    for _time in range(2):
        report = gateway.confirm(query, remote_id)
        assert report is not None
        assert (report.state, report.amount) == (State.PAID, Decimal(12500))
        assert (report.reference, report.remote_id) == (REFERENCE, remote_id)
    confirmed = [call for call in toss.calls if call.path.endswith("/confirm")]
    assert len(confirmed) == 1


def test_the_address_of_the_return_is_not_believed(toss: TossFake) -> None:
    remote_id = begin()
    forged = {"paymentKey": "another", "orderId": "another", "amount": "1"}

    report = gateway.confirm(forged, remote_id)
    assert report is not None
    assert (report.state, report.amount) == (State.PENDING, 0)
    toss.allow(remote_id)
    report = gateway.confirm(forged, remote_id)
    assert report is not None
    assert (report.state, report.amount) == (State.PAID, Decimal(12500))


def test_without_a_payment_in_the_address_nothing_is_confirmed(toss: TossFake) -> None:
    remote_id = begin()
    toss.allow(remote_id)

    assert gateway.confirm({"code": "PAY_PROCESS_CANCELED"}, remote_id) is None
    assert gateway.confirm({"paymentKey": remote_id}, "") is None
    assert toss.payments[remote_id].state == "IN_PROGRESS"


def test_a_declined_card_is_told_with_its_reason(toss: TossFake) -> None:
    remote_id = begin()
    toss.allow(remote_id)
    toss.payments[remote_id].facts["declined"] = True

    report = gateway.confirm({"paymentKey": remote_id}, remote_id)
    assert report is not None
    assert (report.state, report.amount) == (State.FAILED, 0)
    assert report.detail.startswith("403 REJECT_CARD_COMPANY")


@pytest.mark.parametrize("fault", ["500", "lost"])
def test_a_confirmation_whose_answer_is_missing_is_asked_about(
    toss: TossFake, fault: str
) -> None:
    remote_id = begin()
    toss.allow(remote_id)
    toss.faults.extend(["", fault])

    with pytest.raises(GatewayError) as caught:
        gateway.confirm({"paymentKey": remote_id}, remote_id)
    assert caught.value.unknown
    report = gateway.confirm({"paymentKey": remote_id}, remote_id)
    assert report is not None
    assert (report.state, report.amount) == (State.PAID, Decimal(12500))


def test_what_a_notification_claims_is_asked_about(toss: TossFake) -> None:
    remote_id = begin()
    claim = {**toss.show(toss.payments[remote_id]), "status": "DONE", "totalAmount": 9}
    event = {"eventType": "PAYMENT_STATUS_CHANGED", "data": claim}

    report = read(toss.sign(json.dumps(event).encode()))
    assert (report.state, report.amount) == (State.PENDING, 0)


def test_a_notification_of_nobody_s_payment_is_forged(toss: TossFake) -> None:
    begin()
    for told in ({"paymentKey": "x"}, {"orderId": "x"}, {"orderId": "../a?b=c"}):
        event = {"eventType": "PAYMENT_STATUS_CHANGED", "data": told}
        delivery = toss.sign(json.dumps(event).encode())
        with pytest.raises(ForgedError):
            gateway.read_notification(delivery.headers, delivery.body)


@pytest.mark.parametrize("told", [{}, [], 1, {"orderId": 1}, {"paymentKey": None}])
def test_a_notification_without_a_payment_is_unreadable(
    toss: TossFake, told: object
) -> None:
    event = {"eventType": "PAYMENT_STATUS_CHANGED", "data": told}
    delivery = toss.sign(json.dumps(event).encode())

    with pytest.raises(UnreadableError):
        gateway.read_notification(delivery.headers, delivery.body)
    assert toss.calls == []


def test_a_deposit_is_asked_about_by_our_reference(toss: TossFake) -> None:
    remote_id = begin()
    toss.settle(remote_id)
    told = {"status": "DONE", "orderId": REFERENCE, "secret": "ps_x", "createdAt": "x"}

    report = read(toss.sign(json.dumps(told).encode()))
    assert (report.state, report.remote_id) == (State.PAID, remote_id)


def test_without_a_number_of_its_own_a_notification_has_one(toss: TossFake) -> None:
    delivery = toss.settle(begin())[0]

    [first] = gateway.read_notification({}, delivery.body)
    [again] = gateway.read_notification({}, delivery.body)
    assert first.event_id == again.event_id != ""


def test_one_that_was_cancelled_unpaid_has_failed(toss: TossFake) -> None:
    remote_id = begin()
    payment = toss.payments[remote_id]
    toss.show = lambda payment: {  # type: ignore[method-assign]
        **TossFake.show(toss, payment),
        "status": "CANCELED",
        "approvedAt": None,
    }

    report = read(toss.tell(payment))
    assert (report.state, report.amount, report.refunded) == (State.FAILED, 0, 0)


def test_a_card_is_told_from_others_but_not_named(toss: TossFake) -> None:
    report = read(toss.settle(begin())[0])

    assert len(report.instrument) == 16
    assert "1234" not in report.instrument


def test_a_notification_waits_while_toss_cannot_be_asked(toss: TossFake) -> None:
    [delivery] = toss.settle(begin())
    toss.faults.append("500")

    with pytest.raises(GatewayError):
        read(delivery)
    assert read(delivery).state is State.PAID


def test_without_a_payment_there_is_no_answer(toss: TossFake) -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference="", remote_id="")
    assert not caught.value.unknown
    assert toss.calls == []


def test_a_payment_is_found_by_our_reference(toss: TossFake) -> None:
    remote_id = begin()
    assert gateway.ask(reference=REFERENCE, remote_id="").remote_id == remote_id
