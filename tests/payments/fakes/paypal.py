"""A PayPal: tokens, orders, captures, refunds, disputes, and notifications by its key.

Signs as the real one does, with a private key of its own, and checks as it does: the
transmission, the webhook's number, and the checksum of the body.
"""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.payments.fakes.serving import Answer, Delivery, Fake, Payment, Request

CLIENT, SECRET, WEBHOOK = "paypal-client", "paypal-secret", "WH-FAKE"
ALLOWED = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
MOMENT = "2026-11-26T10:00:00Z"
SIGNER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORM = (padding.PKCS1v15(), hashes.SHA256())


class PaypalFake(Fake):
    """Amounts are in the currency's units, as text."""

    name = "paypal"
    settings = {
        "PAYPAL_CLIENT_ID": CLIENT,
        "PAYPAL_SECRET": SECRET,
        "PAYPAL_WEBHOOK_ID": WEBHOOK,
    }
    keys = ("PAYPAL_CLIENT_ID", "PAYPAL_SECRET", "PAYPAL_WEBHOOK_ID")
    address = "PAYPAL_URL"
    calls_of_a_start = 2
    refund_status = "COMPLETED"

    def __init__(self) -> None:
        super().__init__()
        self.token = "A21-first"

    def handle(self, request: Request) -> Answer:
        given = request.headers.get("authorization")
        if request.path == "/v1/oauth2/token":
            if given != ALLOWED:
                return Answer(401, {"error": "invalid_client"})
            return Answer(200, {"access_token": self.token, "expires_in": 32400})
        if given != f"Bearer {self.token}":
            return Answer(401, {"error": "invalid_token"})
        key = request.headers.get("paypal-request-id", "")
        if key in self.answers:
            return self.answers[key]
        answer = self.route(request)
        return self.once(key, answer) if answer.status < 300 else answer

    def route(self, request: Request) -> Answer:
        """Answer one call that is allowed."""
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v2", "checkout", "orders"]:
                return self.create(json.loads(request.body))
            case "GET", ["v2", "checkout", "orders", number] if number in self.payments:
                return Answer(200, self.show(self.payments[number]))
            case "POST", ["v2", "checkout", "orders", number, "capture"]:
                return self.capture(self.payments[number])
            case "GET", ["v2", "payments", "captures", number]:
                return Answer(200, self.show_capture(self.of_capture(number)))
            case "POST", ["v2", "payments", "captures", number, "refund"]:
                return self.give_back(self.of_capture(number), json.loads(request.body))
            case "POST", ["v1", "notifications", "verify-webhook-signature"]:
                return self.check(request.body)
            case "GET", ["v1", "notifications", "webhooks", number]:
                return Answer(200 if number == WEBHOOK else 404, {"id": number})
        return _error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    def create(self, asked: dict[str, Any]) -> Answer:
        """Make an order that waits for its payer."""
        number = f"ORDER{self.count()}"
        unit = asked["purchase_units"][0]
        facts = {**unit["amount"], "refunds": []}
        payment = Payment(
            number, unit["custom_id"], asked, "PAYER_ACTION_REQUIRED", facts
        )
        self.payments[number] = payment
        links = [{"rel": "payer-action", "href": f"{self.url}/pay/{number}"}]
        return Answer(200, {"id": number, "status": payment.state, "links": links})

    def capture(self, payment: Payment) -> Answer:
        """Take the money of an order that was allowed."""
        if payment.state != "APPROVED":
            return _error(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
        if payment.facts.get("declined"):
            return _error(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED")
        payment.state = "COMPLETED"
        return Answer(201, self.show(payment))

    def give_back(self, payment: Payment, asked: dict[str, Any]) -> Answer:
        """Send back a part of a capture."""
        amount = Decimal(asked["amount"]["value"])
        if self.refunded(payment.id) + amount > Decimal(payment.facts["value"]):
            return _error(422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED")
        self.take(payment.id, amount)
        return Answer(201, self.show_refund(payment))

    def allow(self, remote_id: str) -> list[Delivery]:
        """Have the customer allow an order, which the shop has yet to capture."""
        payment = self.payments[remote_id]
        payment.state = "APPROVED"
        return [self.tell("CHECKOUT.ORDER.APPROVED", self.show(payment))]

    def settle(
        self,
        remote_id: str,
        *,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> list[Delivery]:
        payment = self.payments[remote_id]
        payment.state = "COMPLETED"
        if amount is not None:
            payment.facts["value"] = str(amount)
        payment.facts["currency_code"] = currency or payment.facts["currency_code"]
        return [self.tell("PAYMENT.CAPTURE.COMPLETED", self.show_capture(payment))]

    def visit(self, payment: Payment) -> tuple[list[Delivery], str]:
        context = payment.asked["payment_source"]["paypal"]["experience_context"]
        location = f"{context['return_url']}?token={payment.id}&PayerID=PAYER"
        # PayPal tells of it, too, but the customer is back before.
        return self.allow(payment.id)[:0], location

    def lapse(self, remote_id: str) -> list[Delivery]:
        self.payments[remote_id].state = "VOIDED"
        return []

    def take(self, remote_id: str, amount: Decimal) -> None:
        refund = {"id": f"REFUND{self.count()}", "value": str(amount)}
        self.payments[remote_id].facts["refunds"].append(refund)

    def refunded(self, remote_id: str) -> Decimal:
        refunds = self.payments[remote_id].facts["refunds"]
        return sum((Decimal(refund["value"]) for refund in refunds), Decimal(0))

    def tell_refund(self, remote_id: str) -> list[Delivery]:
        refund = self.show_refund(self.payments[remote_id])
        return [self.tell("PAYMENT.CAPTURE.REFUNDED", refund)]

    def dispute(self, remote_id: str, status: str, outcome: str) -> list[Delivery]:
        """Have the customer dispute a payment, or end it."""
        payment = self.payments[remote_id]
        resource = {
            "dispute_id": "PP-D-1",
            "disputed_transactions": [
                {"seller_transaction_id": self.show_capture(payment)["id"]}
            ],
            "reason": "UNAUTHORISED",
            "status": status,
            "dispute_amount": self.amount_of(payment),
        }
        if outcome:
            resource["dispute_outcome"] = {"outcome_code": outcome}
        kind = "RESOLVED" if status == "RESOLVED" else "CREATED"
        return [self.tell(f"CUSTOMER.DISPUTE.{kind}", resource)]

    def tell(self, kind: str, resource: Any) -> Delivery:
        """Return a signed notification."""
        event = {
            "id": f"WH-{self.count()}",
            "event_version": "1.0",
            "create_time": MOMENT,
            "event_type": kind,
            "resource": resource,
        }
        return self.sign(json.dumps(event).encode())

    def gossip(self) -> Delivery:
        return self.tell("BILLING.PLAN.CREATED", {"id": "P-1"})

    def sign(
        self, body: bytes, *, webhook: str = WEBHOOK, age: timedelta = timedelta(0)
    ) -> Delivery:
        number = f"transmission-{self.count()}"
        moment = f"{datetime.now(UTC) - age:%Y-%m-%dT%H:%M:%SZ}"
        signed = f"{number}|{moment}|{webhook}|{zlib.crc32(body)}".encode()
        signature = base64.b64encode(SIGNER.sign(signed, *FORM)).decode()
        headers = {
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-CERT-URL": f"{self.url}/v1/notifications/certs/CERT-1",
            "PAYPAL-TRANSMISSION-ID": number,
            "PAYPAL-TRANSMISSION-SIG": signature,
            "PAYPAL-TRANSMISSION-TIME": moment,
        }
        return Delivery(headers, body)

    def sign_as_stranger(self, body: bytes) -> Delivery:
        return self.sign(body, webhook="WH-STRANGER")

    def check(self, body: bytes) -> Answer:
        """Say whether a notification is ours, from the very bytes of its event."""
        try:
            asked = json.loads(body)
        except ValueError:
            return _error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON")
        event = body.split(b'"webhook_event": ', 1)[1][:-1]
        signed = "|".join(
            (
                asked["transmission_id"],
                asked["transmission_time"],
                asked["webhook_id"],
                str(zlib.crc32(event)),
            )
        )
        try:
            SIGNER.public_key().verify(
                base64.b64decode(asked["transmission_sig"]), signed.encode(), *FORM
            )
        except (InvalidSignature, ValueError):
            return Answer(200, {"verification_status": "FAILURE"})
        return Answer(200, {"verification_status": "SUCCESS"})

    def amount_of(self, payment: Payment) -> dict[str, str]:
        """Return what was asked for, or what was paid instead."""
        return {name: payment.facts[name] for name in ("currency_code", "value")}

    def show(self, payment: Payment) -> dict[str, Any]:
        """Return an order as PayPal writes it."""
        unit: dict[str, Any] = {
            "reference_id": "default",
            "custom_id": payment.reference,
            "amount": self.amount_of(payment),
        }
        if payment.state == "COMPLETED":
            refunds = [
                {
                    "id": refund["id"],
                    "status": "COMPLETED",
                    "amount": {**self.amount_of(payment), "value": refund["value"]},
                }
                for refund in payment.facts["refunds"]
            ]
            captures = [self.show_capture(payment)]
            unit["payments"] = {"captures": captures, "refunds": refunds}
        return {
            "id": payment.id,
            "intent": "CAPTURE",
            "status": payment.state,
            "payment_source": {"paypal": {"account_id": "PAYER"}},
            "purchase_units": [unit],
        }

    def show_capture(self, payment: Payment) -> dict[str, Any]:
        """Return a capture as PayPal writes it."""
        refunded = self.refunded(payment.id)
        whole = refunded == Decimal(payment.facts["value"])
        status = "COMPLETED"
        if refunded:
            status = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
        return {
            "id": f"CAPTURE-{payment.id}",
            "status": payment.facts.get("capture", status),
            "amount": self.amount_of(payment),
            "custom_id": payment.reference,
            "create_time": MOMENT,
            "seller_protection": {"status": "ELIGIBLE"},
            "supplementary_data": {"related_ids": {"order_id": payment.id}},
        }

    def show_refund(self, payment: Payment) -> dict[str, Any]:
        """Return the last refund as PayPal writes it."""
        last = payment.facts["refunds"][-1]
        amount = self.amount_of(payment)
        capture = f"{self.url}/v2/payments/captures/CAPTURE-{payment.id}"
        return {
            "id": last["id"],
            "status": self.refund_status,
            "amount": {**amount, "value": last["value"]},
            "custom_id": payment.reference,
            "seller_payable_breakdown": {
                "total_refunded_amount": {
                    **amount,
                    "value": str(self.refunded(payment.id)),
                }
            },
            "links": [{"rel": "up", "href": capture, "method": "GET"}],
        }

    def of_capture(self, number: str) -> Payment:
        """Return the payment that a capture belongs to."""
        return self.payments[number.removeprefix("CAPTURE-")]


def _error(status: int, name: str, issue: str) -> Answer:
    return Answer(status, {"name": name, "details": [{"issue": issue}]})
