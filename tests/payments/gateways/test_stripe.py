"""What is Stripe's own: 3-D Secure, methods, old signatures, won, disputes."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Report,
    State,
    UnreadableError,
)
from payments.gateways.stripe import StripeGateway
from tests.payments.fakes.serving import Delivery
from tests.payments.fakes.stripe import StripeFake
from tests.payments.gateways.wishes import REFERENCE, wish

gateway = StripeGateway()
UNIT = "line_items[0][price_data][unit_amount]"
SECURE = "payment_method_options[card][request_three_d_secure]"


def read(delivery: Delivery) -> Report:
    [report] = gateway.read_notification(delivery.headers, delivery.body)
    return report


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("12.50", "USD", "1250"), ("5000", "KRW", "5000"), ("500", "JPY", "500")],
)
def test_amounts_are_in_the_smallest_unit(
    stripe: StripeFake, amount: str, currency: str, units: str
) -> None:
    started = gateway.start(wish(amount, currency))
    assert stripe.payments[started.remote_id].asked[UNIT] == units

    for delivery in stripe.settle(started.remote_id):
        report = read(delivery)
        assert (report.amount, report.currency) == (Decimal(amount), currency)
    gateway.refund(
        remote_id=started.remote_id, amount=Decimal(amount), currency=currency, key="1"
    )
    report = gateway.ask(reference=REFERENCE, remote_id=started.remote_id)
    assert (report.state, report.refunded) == (State.REFUNDED, Decimal(amount))


def test_3_d_secure_is_asked_for(stripe: StripeFake) -> None:
    asked = stripe.payments[gateway.start(wish()).remote_id].asked

    assert asked[SECURE] == "any"
    assert asked["adaptive_pricing[enabled]"] == "false"
    assert asked["customer_email"] == "alice@example.com"
    assert asked["payment_intent_data[metadata][reference]"] == REFERENCE
    assert "payment_method_types[0]" not in asked


def test_the_methods_of_the_settings_are_offered(
    stripe: StripeFake, settings: Settings
) -> None:
    settings.STRIPE_PAYMENT_METHODS = ["kakao_pay", "naver_pay"]
    asked = stripe.payments[gateway.start(wish("5000", "KRW")).remote_id].asked

    assert asked["payment_method_types[0]"] == "kakao_pay"
    assert asked["payment_method_types[1]"] == "naver_pay"
    assert SECURE not in asked


def test_a_paid_charge_tells_its_card_and_its_risk(stripe: StripeFake) -> None:
    started = gateway.start(wish())
    charge = read(stripe.settle(started.remote_id)[0])

    assert (charge.instrument, charge.risk) == ("Xt5EWLLDS7FJjR1c", "normal")
    asked = gateway.ask(reference=REFERENCE, remote_id=started.remote_id)
    assert (asked.instrument, asked.risk) == (charge.instrument, charge.risk)


def test_an_old_signature_is_not_taken(stripe: StripeFake) -> None:
    body = stripe.settle(gateway.start(wish()).remote_id)[0].body

    young = stripe.sign(body, age=290)
    assert read(young).state is State.PAID
    old = stripe.sign(body, age=310)
    with pytest.raises(ForgedError):
        gateway.read_notification(old.headers, old.body)


@pytest.mark.parametrize(
    ("status", "event", "state"),
    [
        ("needs_response", "created", State.DISPUTED),
        ("under_review", "updated", State.DISPUTED),
        ("won", "closed", State.DISPUTE_WON),
        ("lost", "closed", State.DISPUTE_LOST),
        ("warning_needs_response", "created", State.PAID),
    ],
)
def test_a_dispute_is_told_with_what_it_is_about(
    stripe: StripeFake, status: str, event: str, state: State
) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    [delivery] = stripe.dispute(remote_id, status, event)

    told, asked = read(delivery), gateway.ask(reference="", remote_id=remote_id)
    for report in (told, asked):
        assert (report.state, report.reference) == (state, REFERENCE)
        assert (report.amount, report.refunded) == (Decimal("12.50"), 0)
        assert report.disputed == (0 if state is State.PAID else Decimal("12.50"))
        assert report.detail == "fraudulent"
    assert (told.risk == "inquiry") == (state is State.PAID)


def test_a_dispute_waits_while_stripe_cannot_be_asked(stripe: StripeFake) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    [delivery] = stripe.dispute(remote_id, "needs_response", "created")
    stripe.faults.append("500")

    with pytest.raises(GatewayError):
        read(delivery)
    assert read(delivery).state is State.DISPUTED


def test_a_method_that_takes_days_may_fail_in_the_end(stripe: StripeFake) -> None:
    payment = stripe.payments[gateway.start(wish()).remote_id]
    content = {**stripe.session(payment), "status": "complete"}

    waiting = read(stripe.event("checkout.session.completed", content))
    assert (waiting.state, waiting.amount) == (State.PENDING, 0)
    failed = read(stripe.event("checkout.session.async_payment_failed", content))
    assert (failed.state, failed.amount) == (State.FAILED, 0)


def test_payments_of_others_in_the_account_are_passed_over(stripe: StripeFake) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    payment = stripe.payments[remote_id]
    session = {**stripe.session(payment), "client_reference_id": None}
    charge = {**stripe.charge(payment), "metadata": {}}

    for delivery in (
        stripe.event("checkout.session.completed", session),
        stripe.event("charge.succeeded", charge),
    ):
        assert gateway.read_notification(delivery.headers, delivery.body) == []


def test_what_was_not_paid_is_not_refunded(stripe: StripeFake) -> None:
    remote_id = gateway.start(wish()).remote_id

    with pytest.raises(GatewayError) as caught:
        gateway.refund(remote_id=remote_id, amount=Decimal(1), currency="USD", key="1")
    assert not caught.value.unknown


@pytest.mark.parametrize(
    "body",
    [
        b'{"object": "event"}',
        b'{"object": "event", "type": "charge.refunded", "id": "evt_1"}',
        (
            b'{"object": "event", "type": "charge.refunded", "id": "evt_1", "created": 1,'
            b' "data": {"object": {"object": "charge"}}}'
        ),
    ],
)
def test_an_event_without_its_facts_is_unreadable(
    stripe: StripeFake, body: bytes
) -> None:
    delivery = stripe.sign(body)
    with pytest.raises(UnreadableError):
        gateway.read_notification(delivery.headers, delivery.body)


def test_a_failed_refund_is_told(stripe: StripeFake) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    content = {"id": "re_1", "object": "refund", "charge": f"ch_{remote_id[8:]}"}

    report = read(stripe.event("refund.failed", content))
    assert (report.state, report.refunded) == (State.PAID, 0)


def test_a_return_confirms_nothing(stripe: StripeFake) -> None:
    remote_id = gateway.start(wish()).remote_id
    assert gateway.confirm({"session_id": remote_id}, remote_id) is None


def test_without_a_session_there_is_no_answer(stripe: StripeFake) -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference=REFERENCE, remote_id="")
    assert not caught.value.unknown
    assert stripe.calls == []


@pytest.mark.parametrize(
    ("status", "state"), [("failed", State.FAILED), ("pending", State.PENDING)]
)
def test_a_charge_that_is_not_through_pays_nothing(
    stripe: StripeFake, status: str, state: State
) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    charge = {**stripe.charge(stripe.payments[remote_id]), "status": status}

    report = read(stripe.event("charge.refunded", charge))
    assert (report.state, report.amount) == (state, 0)


@pytest.mark.parametrize(
    ("details", "instrument"),
    [(None, ""), ({"type": "kakao_pay", "kakao_pay": {}}, "kakao_pay")],
)
def test_what_is_no_card_is_told_by_its_kind(
    stripe: StripeFake, details: object, instrument: str
) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    charge = stripe.charge(stripe.payments[remote_id])
    charge["payment_method_details"] = details

    assert read(stripe.event("charge.succeeded", charge)).instrument == instrument


@pytest.mark.parametrize("status", ["pending", "requires_action"])
def test_a_refund_may_take_days(
    stripe: StripeFake, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    monkeypatch.setattr(stripe, "refund_status", status)
    part = {"amount": Decimal("2.50"), "currency": "USD"}

    refunded = gateway.refund(remote_id=remote_id, **part, key="1")
    assert refunded.pending


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_fails_at_once_is_refused(
    stripe: StripeFake, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    remote_id = gateway.start(wish()).remote_id
    stripe.settle(remote_id)
    monkeypatch.setattr(stripe, "refund_status", status)

    with pytest.raises(GatewayError) as caught:
        gateway.refund(
            remote_id=remote_id, amount=Decimal("2.50"), currency="USD", key="1"
        )
    assert not caught.value.unknown
