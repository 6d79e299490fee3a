"""A Stripe: Checkout sessions, charges, refunds and disputes, with signed events."""

import hashlib
import hmac
import json
import time
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from tests.payments.fakes.serving import Answer, Delivery, Fake, Payment, Request

KEY = "sk_test_fake"
SECRET = "whsec_fake"
ZERO_DECIMAL = {"jpy", "krw", "vnd"}


class StripeFake(Fake):
    """Amounts are in the smallest units, as Stripe counts."""

    name = "stripe"
    settings = {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_PAYMENT_METHODS": [],
    }
    keys = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
    address = "STRIPE_URL"
    refund_status = "succeeded"

    def handle(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            return _error(401, f"Invalid API Key provided: {given}")
        match request.method, request.path.strip("/").split("/")[1:]:
            case "POST", ["checkout", "sessions"]:
                return self.create(request)
            case "GET", ["checkout", "sessions", number] if number in self.payments:
                return Answer(
                    200,
                    self.session(
                        self.payments[number], expand="expand[0]" in request.query
                    ),
                )
            case "GET", ["charges", number]:
                return Answer(200, self.charge(self.of_charge(number)))
            case "GET", ["disputes"]:
                payment = self.of_charge(request.query["charge"])
                rows = [payment.facts["dispute"]] if "dispute" in payment.facts else []
                return Answer(200, {"object": "list", "data": rows, "has_more": False})
            case "POST", ["refunds"]:
                return self.take_back(request)
            case "GET", ["balance"]:
                return Answer(200, {"object": "balance", "livemode": False})
        return _error(404, "No such thing")

    def create(self, request: Request) -> Answer:
        """Make a session, once for an idempotency key."""
        key = request.headers.get("idempotency-key", "")
        if key in self.answers:
            return self.answers[key]
        asked = dict(parse_qsl(request.body.decode()))
        number = f"cs_test_{self.count()}"
        self.payments[number] = Payment(number, asked["client_reference_id"], asked)
        return self.once(key, Answer(200, self.session(self.payments[number])))

    def take_back(self, request: Request) -> Answer:
        """Refund a part of a payment, once for an idempotency key."""
        key = request.headers.get("idempotency-key", "")
        if key in self.answers:
            return self.answers[key]
        asked = dict(parse_qsl(request.body.decode()))
        payment = self.payments[f"cs_test_{asked['payment_intent'][3:]}"]
        refunded = payment.facts["refunded"] + int(asked["amount"])
        if refunded > payment.facts["paid"]:
            return _error(400, "Refund amount is greater than unrefunded amount")
        payment.facts["refunded"] = refunded
        content = {
            "id": f"re_{self.count()}",
            "object": "refund",
            "status": self.refund_status,
            "amount": int(asked["amount"]),
        }
        return self.once(key, Answer(200, content))

    def settle(
        self,
        remote_id: str,
        *,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> list[Delivery]:
        payment = self.payments[remote_id]
        unit = int(payment.asked["line_items[0][price_data][unit_amount]"])
        asked_for = payment.asked["line_items[0][price_data][currency]"]
        payment.facts = {"refunded": 0, "currency": (currency or asked_for).lower()}
        scale = 1 if payment.facts["currency"] in ZERO_DECIMAL else 100
        payment.facts["paid"] = unit if amount is None else int(amount * scale)
        payment.state = "complete"
        return [
            self.event("charge.succeeded", self.charge(payment)),
            self.event("checkout.session.completed", self.session(payment)),
        ]

    def lapse(self, remote_id: str) -> list[Delivery]:
        """Have the customer never pay."""
        payment = self.payments[remote_id]
        payment.state = "expired"
        return [self.event("checkout.session.expired", self.session(payment))]

    def tell_refund(self, remote_id: str) -> list[Delivery]:
        """Return the notification of what was refunded so far."""
        charge = self.charge(self.payments[remote_id])
        return [self.event("charge.refunded", charge)]

    def take(self, remote_id: str, amount: Decimal) -> None:
        facts = self.payments[remote_id].facts
        facts["refunded"] += int(amount * 100)

    def refunded(self, remote_id: str) -> Decimal:
        return Decimal(self.payments[remote_id].facts["refunded"]) / 100

    def gossip(self) -> Delivery:
        return self.event("payout.paid", {"id": "po_1", "object": "payout"})

    def sign_as_stranger(self, body: bytes) -> Delivery:
        return self.sign(body, secret="whsec_stranger")

    def dispute(self, remote_id: str, status: str, event: str) -> list[Delivery]:
        """Have the customer's bank dispute a payment, or end it."""
        payment = self.payments[remote_id]
        payment.facts["dispute"] = {
            "id": f"dp_{remote_id}",
            "object": "dispute",
            "status": status,
            "reason": "fraudulent",
            "amount": payment.facts["paid"],
            "currency": payment.facts["currency"],
            "charge": f"ch_{remote_id[8:]}",
            "created": 1_790_000_000,
        }
        return [self.event(f"charge.dispute.{event}", payment.facts["dispute"])]

    def event(self, kind: str, content: Any) -> Delivery:
        """Return a signed notification."""
        event = {
            "id": f"evt_{self.count()}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": content},
        }
        return self.sign(json.dumps(event).encode())

    def sign(self, body: bytes, *, secret: str = SECRET, age: int = 0) -> Delivery:
        """Sign as Stripe does: HMAC-SHA256 of the moment and the body."""
        moment = int(time.time()) - age
        signed = f"{moment}.".encode() + body
        signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return Delivery({"Stripe-Signature": f"t={moment},v1={signature}"}, body)

    def session(self, payment: Payment, *, expand: bool = False) -> dict[str, Any]:
        """Return a session as Stripe writes it."""
        number = payment.id[8:]
        paid = payment.state == "complete"
        intent = {
            "id": f"pi_{number}",
            "object": "payment_intent",
            "latest_charge": self.charge(payment) if paid else None,
        }
        return {
            "id": payment.id,
            "object": "checkout.session",
            "client_reference_id": payment.reference,
            "amount_total": payment.facts.get(
                "paid", int(payment.asked["line_items[0][price_data][unit_amount]"])
            ),
            "currency": payment.facts.get(
                "currency", payment.asked["line_items[0][price_data][currency]"]
            ),
            "status": payment.state,
            "payment_status": "paid" if paid else "unpaid",
            "payment_intent": (intent if expand else intent["id"]) if paid else None,
            "url": f"{self.url}/pay/{payment.id}",
            "expires_at": int(time.time()) + 86_400,
        }

    def charge(self, payment: Payment) -> dict[str, Any]:
        """Return a charge as Stripe writes it."""
        return {
            "id": f"ch_{payment.id[8:]}",
            "object": "charge",
            "status": "succeeded",
            "amount": payment.facts["paid"],
            "amount_captured": payment.facts["paid"],
            "amount_refunded": payment.facts["refunded"],
            "currency": payment.facts["currency"],
            "disputed": "dispute" in payment.facts,
            "failure_message": None,
            "metadata": {"reference": payment.reference},
            "outcome": {"risk_level": "normal"},
            "payment_method_details": {
                "type": "card",
                "card": {"fingerprint": "Xt5EWLLDS7FJjR1c"},
            },
        }

    def of_charge(self, number: str) -> Payment:
        """Return the payment that a charge belongs to."""
        return self.payments[f"cs_test_{number[3:]}"]

    def visit(self, payment: Payment) -> tuple[list[Delivery], str]:
        return self.settle(payment.id), str(payment.asked["success_url"])


def _error(status: int, message: str) -> Answer:
    return Answer(status, {"error": {"message": message, "type": "api_error"}})
