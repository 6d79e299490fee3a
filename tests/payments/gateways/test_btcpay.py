"""What is BTCPay Server's own: too little, too much and too late; pull payments."""

import json
from decimal import Decimal

import pytest

from payments.gateways.btcpay import BtcpayGateway
from payments.gateways.protocol import GatewayError, Report, State, UnreadableError
from tests.payments.fakes.btcpay import BtcpayFake
from tests.payments.fakes.serving import Delivery
from tests.payments.gateways.wishes import REFERENCE, wish

gateway = BtcpayGateway()


def begin() -> str:
    return gateway.start(wish()).remote_id


def read(delivery: Delivery) -> Report:
    [report] = gateway.read_notification(delivery.headers, delivery.body)
    return report


@pytest.mark.parametrize(
    ("status", "additional", "paid", "state", "amount"),
    [
        ("New", "None", "0", State.PENDING, "0"),
        ("New", "PaidPartial", "5", State.PENDING, "0"),
        ("Processing", "None", "12.5", State.PENDING, "0"),
        ("Processing", "PaidOver", "20", State.PENDING, "0"),
        ("Settled", "None", "12.499999999999", State.PAID, "12.50"),
        ("Settled", "None", "12.49", State.PAID, "12.49"),
        ("Settled", "None", "6.25", State.PAID, "6.25"),
        ("Settled", "PaidOver", "20.009999", State.OVERPAID, "20.00"),
        ("Settled", "PaidLate", "12.5", State.LATE, "12.50"),
        ("Settled", "Marked", "0", State.PAID, "0"),
        ("Expired", "None", "0", State.EXPIRED, "0"),
        ("Expired", "PaidPartial", "5.019", State.UNDERPAID, "5.01"),
        ("Expired", "PaidLate", "12.5", State.LATE, "12.50"),
        ("Invalid", "None", "12.5", State.FAILED, "0"),
        ("Invalid", "Marked", "12.5", State.FAILED, "0"),
    ],
)
def test_every_outcome_is_told_apart(
    btcpay: BtcpayFake,
    status: str,
    additional: str,
    paid: str,
    state: State,
    amount: str,
) -> None:
    remote_id = begin()
    btcpay.turn(remote_id, status, additional, paid)
    delivery = btcpay.tell(btcpay.payments[remote_id], "InvoiceReceivedPayment")

    asked = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    for report in (read(delivery), asked):
        assert (report.state, report.amount) == (state, Decimal(amount))
        assert (report.reference, report.currency) == (REFERENCE, "USD")
        assert report.risk == ("marked by hand" if additional == "Marked" else "")


def test_an_old_notification_says_what_is_true_now(btcpay: BtcpayFake) -> None:
    remote_id = begin()
    [paid] = btcpay.settle(remote_id)
    btcpay.turn(remote_id, "Invalid", "Marked")

    assert read(paid).state is State.FAILED


def test_a_delivery_that_is_repeated_has_the_number_of_the_first(
    btcpay: BtcpayFake,
) -> None:
    remote_id = begin()
    [first] = btcpay.settle(remote_id)
    number = read(first).event_id
    again = btcpay.tell(
        btcpay.payments[remote_id],
        "InvoiceSettled",
        originalDeliveryId=number,
        isRedelivery=True,
    )

    assert read(again).event_id == number != ""


def test_an_invoice_is_found_by_our_reference(btcpay: BtcpayFake) -> None:
    gateway.start(wish(reference="another"))
    remote_id = begin()

    assert gateway.ask(reference=REFERENCE, remote_id="").remote_id == remote_id


@pytest.mark.parametrize(
    "fields",
    [
        {"storeId": "another"},
        {"invoiceId": "__test__0a1b__"},
        {"type": "InvoiceCreated"},
    ],
)
def test_what_is_not_ours_is_passed_over(
    btcpay: BtcpayFake, fields: dict[str, str]
) -> None:
    payment = btcpay.payments[begin()]
    calls = len(btcpay.calls)
    delivery = btcpay.tell(payment, kind="InvoiceSettled")
    event = {**json.loads(delivery.body), **fields}
    delivery = btcpay.sign(json.dumps(event).encode())

    assert gateway.read_notification(delivery.headers, delivery.body) == []
    assert len(btcpay.calls) == calls


def test_an_invoice_that_the_shop_did_not_make_is_passed_over(
    btcpay: BtcpayFake,
) -> None:
    payment = btcpay.payments[begin()]
    delivery = btcpay.settle(payment.id)[0]
    payment.asked["metadata"].pop("orderId")

    assert gateway.read_notification(delivery.headers, delivery.body) == []


def test_pull_payments_of_other_invoices_and_in_coins_are_no_refund(
    btcpay: BtcpayFake,
) -> None:
    remote_id = begin()
    btcpay.settle(remote_id)
    for name, currency in [
        (f"Refund {remote_id}1", "USD"),
        (f"Refund {remote_id}", "BTC"),
        ("Salary", "USD"),
    ]:
        btcpay.pulls.append({"name": name, "currency": currency, "amount": "1"})

    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (report.state, report.refunded) == (State.PAID, 0)


@pytest.mark.parametrize(
    ("back", "refunded"), [("0", "0"), ("7.50", "0"), ("10", "2.50"), ("20", "12.50")]
)
def test_what_came_too_much_goes_back_first(
    btcpay: BtcpayFake, back: str, refunded: str
) -> None:
    remote_id = begin()
    btcpay.settle(remote_id, amount=Decimal(20))
    btcpay.take(remote_id, Decimal(back))

    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (report.state, report.amount) == (State.OVERPAID, Decimal(20))
    assert report.refunded == Decimal(refunded)


@pytest.mark.parametrize(
    "fields",
    [
        {"invoiceId": 1},
        {"invoiceId": ""},
        {"deliveryId": 1, "originalDeliveryId": None},
    ],
)
def test_a_notification_without_an_invoice_is_unreadable(
    btcpay: BtcpayFake, fields: dict[str, object]
) -> None:
    delivery = btcpay.settle(begin())[0]
    event = {**json.loads(delivery.body), **fields}
    delivery = btcpay.sign(json.dumps(event).encode())

    with pytest.raises(UnreadableError):
        gateway.read_notification(delivery.headers, delivery.body)


def test_without_an_invoice_there_is_no_answer(btcpay: BtcpayFake) -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference=REFERENCE, remote_id="")
    assert not caught.value.unknown


def test_a_return_confirms_nothing(btcpay: BtcpayFake) -> None:
    remote_id = begin()
    assert gateway.confirm({"paid": "yes"}, remote_id) is None


def test_a_refund_without_an_amount_is_no_answer(btcpay: BtcpayFake) -> None:
    remote_id = begin()
    btcpay.settle(remote_id)
    btcpay.pulls.append({"name": f"Refund {remote_id}", "currency": "USD"})

    with pytest.raises(GatewayError) as caught:
        gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert caught.value.unknown


def test_won_have_no_decimals(btcpay: BtcpayFake) -> None:
    remote_id = gateway.start(wish("5000", "KRW")).remote_id
    assert btcpay.payments[remote_id].asked["amount"] == "5000"
    btcpay.turn(remote_id, "Settled", "PaidOver", "5000.99")

    report = gateway.ask(reference=REFERENCE, remote_id=remote_id)
    assert (report.amount, report.currency) == (Decimal(5000), "KRW")


def test_a_refund_is_claimed_on_a_page(btcpay: BtcpayFake) -> None:
    remote_id = begin()
    btcpay.settle(remote_id)

    refunded = gateway.refund(
        remote_id=remote_id, amount=Decimal("2.50"), currency="USD", key="k" * 200
    )
    [pull] = btcpay.pulls
    assert (pull["amount"], pull["currency"]) == ("2.50", "USD")
    assert len(pull["name"]) <= 50
    assert (refunded.remote_id, refunded.pending) == (pull["id"], True)
    assert refunded.url == pull["viewLink"]
