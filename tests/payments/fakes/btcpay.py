"""A BTCPay Server: invoices of one store, pull payments, and signed webhooks."""

import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

from tests.payments.fakes.serving import Answer, Delivery, Fake, Payment, Request

KEY = "0123456789abcdef"
STORE = "AbCdEf"
SECRET = "btcpay-secret"


class BtcpayFake(Fake):
    """Amounts are in the invoice's currency."""

    name = "btcpay"
    settings = {
        "BTCPAY_API_KEY": KEY,
        "BTCPAY_STORE": STORE,
        "BTCPAY_WEBHOOK_SECRET": SECRET,
        "BTCPAY_PAYOUT_METHOD": "BTC-CHAIN",
    }
    keys = ("BTCPAY_API_KEY", "BTCPAY_WEBHOOK_SECRET", "BTCPAY_STORE", "BTCPAY_URL")
    address = "BTCPAY_URL"
    calls_of_a_start = 2

    def __init__(self) -> None:
        super().__init__()
        self.pulls: list[dict[str, Any]] = []

    def handle(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"token {KEY}":
            message = "Authentication is required for accessing this endpoint"
            return _error(401, "unauthenticated", message)
        match request.method, request.path.strip("/").split("/")[2:]:
            case "GET", ["stores", store, "invoices"] if store == STORE:
                wanted = request.query.get("orderId")
                found = [
                    self.show(payment)
                    for payment in self.payments.values()
                    if wanted in {None, payment.reference}
                ]
                return Answer(200, found)
            case "POST", ["stores", store, "invoices"] if store == STORE:
                return self.create(json.loads(request.body))
            case "GET", ["stores", _, "invoices", number] if number in self.payments:
                return Answer(200, self.show(self.payments[number]))
            case "GET", ["stores", _, "pull-payments"]:
                return Answer(200, self.pulls)
            case "POST", ["stores", _, "invoices", number, "refund"]:
                return self.give_back(number, json.loads(request.body))
        return _error(404, "invoice-not-found", "The invoice was not found")

    def create(self, asked: dict[str, Any]) -> Answer:
        """Make an invoice, and another one for each request."""
        number = f"Inv{self.count()}"
        facts = {"additional": "None", "paid": "0", "currency": asked["currency"]}
        payment = Payment(number, asked["metadata"]["orderId"], asked, "New", facts)
        self.payments[number] = payment
        return Answer(200, self.show(payment))

    def give_back(self, number: str, asked: dict[str, Any]) -> Answer:
        """Make a pull payment, whatever it comes to."""
        assert asked["refundVariant"] == "Custom"
        pull = {
            "id": f"Pull{self.count()}",
            "name": asked["name"],
            "amount": asked["customAmount"],
            "currency": asked["customCurrency"],
            "viewLink": f"{self.url}/pull-payments/Pull{self.number}",
            "invoice": number,
        }
        self.pulls.append(pull)
        return Answer(200, pull)

    def settle(
        self,
        remote_id: str,
        *,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> list[Delivery]:
        payment = self.payments[remote_id]
        asked = Decimal(payment.asked["amount"])
        payment.facts["currency"] = currency or payment.facts["currency"]
        if amount is not None and amount < asked:
            return self.turn(remote_id, "Expired", "PaidPartial", amount)
        over = "PaidOver" if amount is not None and amount > asked else "None"
        return self.turn(remote_id, "Settled", over, amount or asked)

    def turn(
        self, remote_id: str, status: str, additional: str, paid: Decimal | str = "0"
    ) -> list[Delivery]:
        """Have an invoice be in a state, and return the notification of it."""
        payment = self.payments[remote_id]
        payment.state = status
        payment.facts["additional"] = additional
        payment.facts["paid"] = str(paid)
        return [self.tell(payment, f"Invoice{status}")]

    def lapse(self, remote_id: str) -> list[Delivery]:
        return self.turn(remote_id, "Expired", "None")

    def take(self, remote_id: str, amount: Decimal) -> None:
        asked = {
            "name": f"Refund {remote_id}",
            "refundVariant": "Custom",
            "customAmount": str(amount),
            "customCurrency": self.payments[remote_id].facts["currency"],
        }
        self.give_back(remote_id, asked)

    def refunded(self, remote_id: str) -> Decimal:
        mine = [pull for pull in self.pulls if pull["invoice"] == remote_id]
        return sum((Decimal(pull["amount"]) for pull in mine), Decimal(0))

    def tell_refund(self, remote_id: str) -> list[Delivery]:
        return [self.tell(self.payments[remote_id], "InvoiceSettled")]

    def visit(self, payment: Payment) -> tuple[list[Delivery], str]:
        return self.settle(payment.id), payment.asked["checkout"]["redirectURL"]

    def tell(self, payment: Payment, kind: str, **fields: Any) -> Delivery:
        """Return a signed notification about an invoice."""
        delivery = f"Delivery{self.count()}"
        event = {
            "deliveryId": delivery,
            "webhookId": "Hook",
            "originalDeliveryId": delivery,
            "isRedelivery": False,
            "type": kind,
            "timestamp": 1_790_000_000,
            "storeId": STORE,
            "invoiceId": payment.id,
            "metadata": payment.asked["metadata"],
            **fields,
        }
        return self.sign(json.dumps(event).encode())

    def sign(self, body: bytes, *, secret: str = SECRET) -> Delivery:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return Delivery({"BTCPay-Sig": f"sha256={signature}"}, body)

    def sign_as_stranger(self, body: bytes) -> Delivery:
        return self.sign(body, secret="stranger")

    def gossip(self) -> Delivery:
        event = {"type": "PayoutCreated", "storeId": STORE, "deliveryId": "x"}
        return self.sign(json.dumps(event).encode())

    def show(self, payment: Payment) -> dict[str, Any]:
        """Return an invoice as BTCPay Server writes it."""
        return {
            "id": payment.id,
            "storeId": STORE,
            "amount": payment.asked["amount"],
            "paidAmount": payment.facts["paid"],
            "currency": payment.facts["currency"],
            "type": "Standard",
            "checkoutLink": f"{self.url}/pay/{payment.id}",
            "createdTime": 1_790_000_000,
            "expirationTime": 1_790_000_900,
            "status": payment.state,
            "additionalStatus": payment.facts["additional"],
            "metadata": payment.asked["metadata"],
            "archived": False,
        }


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"code": code, "message": message})
