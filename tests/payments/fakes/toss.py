"""A Toss Payments: payments that are created, allowed, confirmed and cancelled."""

import base64
import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from tests.payments.fakes.serving import Answer, Delivery, Fake, Payment, Request

KEY = "test_sk_fake"
ALLOWED = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
MOMENT = "2026-11-26T10:00:00+09:00"


class TossFake(Fake):
    """Amounts are in won. Notifications are not signed, as the real ones are not."""

    name = "toss"
    settings = {"TOSS_SECRET_KEY": KEY, "TOSS_METHOD": "CARD"}
    keys = ("TOSS_SECRET_KEY",)
    address = "TOSS_URL"
    amount = "12500"
    currency = "KRW"
    signs = False

    def handle(self, request: Request) -> Answer:
        if request.headers.get("authorization") != ALLOWED:
            return _error(401, "UNAUTHORIZED_KEY", "인증되지 않은 시크릿 키입니다.")
        if request.method == "GET":
            return self.look_up(request.path)
        key = request.headers.get("idempotency-key", "")
        if key in self.answers:
            return self.answers[key]
        asked = json.loads(request.body)
        match request.path.strip("/").split("/")[2:]:
            case []:
                answer = self.create(asked)
            case ["confirm"]:
                answer = self.approve(asked)
            case [number, "cancel"]:
                answer = self.cancel(self.payments[number], asked)
        return self.once(key, answer) if answer.status < 500 else answer

    def look_up(self, path: str) -> Answer:
        """Find a payment by its key, or by the shop's reference."""
        name = path.rpartition("/")[2]
        for payment in self.payments.values():
            if name == (payment.reference if "/orders/" in path else payment.id):
                return Answer(200, self.show(payment))
        return _error(404, "NOT_FOUND_PAYMENT", "존재하지 않는 결제 정보 입니다.")

    def create(self, asked: dict[str, Any]) -> Answer:
        """Make a payment that waits for its customer."""
        number = f"tfake2026{self.count()}"
        facts = {"total": asked["amount"], "balance": asked["amount"], "cancels": []}
        facts["currency"] = asked["currency"]
        payment = Payment(number, asked["orderId"], asked, "READY", facts)
        self.payments[number] = payment
        return Answer(200, self.show(payment))

    def approve(self, asked: dict[str, Any]) -> Answer:
        """Confirm what the customer has allowed: now the money moves."""
        payment = self.payments[asked["paymentKey"]]
        if payment.state == "DONE":
            return _error(400, "ALREADY_PROCESSED_PAYMENT", "이미 처리된 결제 입니다.")
        if (asked["orderId"], asked["amount"]) != (
            payment.reference,
            payment.facts["total"],
        ):
            return _error(400, "INVALID_REQUEST", "잘못된 요청입니다.")
        if payment.facts.get("declined"):
            payment.state = "ABORTED"
            return _error(403, "REJECT_CARD_COMPANY", "결제 승인이 거절되었습니다.")
        payment.state = "DONE"
        return Answer(200, self.show(payment))

    def cancel(self, payment: Payment, asked: dict[str, Any]) -> Answer:
        """Send back a part of a payment."""
        if asked["cancelAmount"] > payment.facts["balance"]:
            return _error(403, "NOT_CANCELABLE_AMOUNT", "취소 할 수 없는 금액 입니다.")
        self.take(payment.id, Decimal(asked["cancelAmount"]))
        return Answer(200, self.show(payment))

    def allow(self, remote_id: str) -> None:
        """Have the customer allow a payment, which the shop has yet to confirm."""
        self.payments[remote_id].state = "IN_PROGRESS"

    def settle(
        self,
        remote_id: str,
        *,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> list[Delivery]:
        payment = self.payments[remote_id]
        if amount is not None:
            payment.facts["total"] = payment.facts["balance"] = int(amount)
        payment.facts["currency"] = currency or payment.facts["currency"]
        payment.state = "DONE"
        return [self.tell(payment)]

    def visit(self, payment: Payment) -> tuple[list[Delivery], str]:
        self.allow(payment.id)
        query = urlencode(
            {
                "paymentType": "NORMAL",
                "orderId": payment.reference,
                "paymentKey": payment.id,
                "amount": payment.facts["total"],
            }
        )
        return [], f"{payment.asked['successUrl']}?{query}"

    def lapse(self, remote_id: str) -> list[Delivery]:
        self.payments[remote_id].state = "EXPIRED"
        return [self.tell(self.payments[remote_id])]

    def take(self, remote_id: str, amount: Decimal) -> None:
        payment = self.payments[remote_id]
        payment.facts["balance"] -= int(amount)
        payment.facts["cancels"].append(
            {
                "transactionKey": f"cancel{self.count()}",
                "cancelAmount": int(amount),
                "cancelStatus": "DONE",
            }
        )
        payment.state = "PARTIAL_CANCELED" if payment.facts["balance"] else "CANCELED"

    def refunded(self, remote_id: str) -> Decimal:
        facts = self.payments[remote_id].facts
        return Decimal(facts["total"] - facts["balance"])

    def tell_refund(self, remote_id: str) -> list[Delivery]:
        return [self.tell(self.payments[remote_id])]

    def tell(self, payment: Payment) -> Delivery:
        """Return a notification of a payment's state."""
        event = {
            "eventType": "PAYMENT_STATUS_CHANGED",
            "createdAt": "2026-11-26T10:00:00.000000",
            "data": self.show(payment),
        }
        return self.sign(json.dumps(event).encode())

    def sign(self, body: bytes) -> Delivery:
        headers = {
            "tosspayments-webhook-transmission-id": f"whtrans{self.count()}",
            "tosspayments-webhook-transmission-time": MOMENT,
            "tosspayments-webhook-transmission-retried-count": "0",
        }
        return Delivery(headers, body)

    def gossip(self) -> Delivery:
        return self.sign(json.dumps({"eventType": "payout.changed"}).encode())

    def show(self, payment: Payment) -> dict[str, Any]:
        """Return a payment as Toss writes it."""
        paid = payment.state in {"DONE", "CANCELED", "PARTIAL_CANCELED"}
        return {
            "version": "2022-11-16",
            "paymentKey": payment.id,
            "orderId": payment.reference,
            "orderName": payment.asked["orderName"],
            "status": payment.state,
            "currency": payment.facts["currency"],
            "totalAmount": payment.facts["total"],
            "balanceAmount": payment.facts["balance"],
            "approvedAt": MOMENT if paid else None,
            "method": "카드",
            "card": {"issuerCode": "61", "number": "12345678****789*"}
            if paid
            else None,
            "cancels": payment.facts["cancels"] or None,
            "checkout": {"url": f"{self.url}/pay/{payment.id}"},
            "failure": None,
        }


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"code": code, "message": message})
