"""The gateway: payments that we create, the customer allows, and we confirm.

https://docs.tosspayments.com/reference. A top-up's `remote_id` is the paymentKey, and its
reference the orderId. As it is our server that creates the payment, the amount is never
in the customer's hands.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings

from payments.gateways.calling import (
    RefusedError,
    basic,
    call,
    header,
    read_event,
    tell_that_it_answers,
)
from payments.gateways.keys import are_set, key_of
from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Limits,
    Refunded,
    Report,
    Started,
    UnreadableError,
    Wish,
)
from payments.gateways.toss.reports import of_payment
from payments.gateways.units import to_minor

PAYMENTS = {"PAYMENT_STATUS_CHANGED", "CANCEL_STATUS_CHANGED", "DEPOSIT_CALLBACK"}


class TossGateway:
    """Payments on the page of Toss Payments, in won."""

    name = "toss"
    label = "Toss Payments"
    keys: Sequence[str] = ("TOSS_SECRET_KEY",)

    def is_configured(self) -> bool:
        return are_set(self.keys)

    def currencies(self) -> Sequence[str]:
        return ("KRW",)

    def limits(self, currency: str) -> Limits:
        return Limits(Decimal(100), Decimal(10_000_000))

    def start(self, wish: Wish) -> Started:
        amount = to_minor(wish.amount, wish.currency)
        payment = _post(
            "/v1/payments",
            {
                "method": settings.TOSS_METHOD,
                "amount": amount,
                "currency": wish.currency,
                "orderId": wish.reference,
                "orderName": wish.description[:100],
                "customerEmail": wish.email,
                "successUrl": wish.return_url,
                "failUrl": wish.cancel_url,
            },
            key=f"start:{wish.reference}",
        )
        try:
            return Started(payment["paymentKey"], url=payment["checkout"]["url"])
        except (KeyError, TypeError) as error:
            raise GatewayError(f"An answer without {error}.", unknown=True) from error

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        """Ask about the payment that a notification names; what it says is not believed.

        https://docs.tosspayments.com/reference/using-api/webhook-events: those of payments
        carry no signature (that of payouts and sellers does). One that names no payment
        of this account is forged.
        """
        if not self.is_configured():
            raise ForgedError("Toss Payments is not configured.")
        event = read_event(body)
        # The one about deposits to virtual accounts has no type of its own in old versions.
        if event.get("eventType", "DEPOSIT_CALLBACK") not in PAYMENTS:
            return []
        told = event.get("data", event)
        if not isinstance(told, Mapping):
            raise UnreadableError("no payment")
        order, payment = told.get("orderId", ""), told.get("paymentKey", "")
        if not (isinstance(order, str) and isinstance(payment, str)):
            raise UnreadableError("no payment")
        if not order and not payment:
            raise UnreadableError("no payment")
        transmission = header(headers, "tosspayments-webhook-transmission-id")
        try:
            found = _find(reference=order, remote_id=payment)
        except RefusedError as error:
            if error.status == 404:
                raise ForgedError("No such payment.") from error
            raise
        event_id = transmission or hashlib.sha256(body).hexdigest()
        return [of_payment(found, event_id=event_id)]

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        """Confirm what the customer has allowed, which is when the money moves.

        https://docs.tosspayments.com/reference#결제-승인. Within ten minutes, or the payment
        expires. The amount is the one that the payment was created with; the numbers in
        the address are not read.
        """
        if not remote_id or "paymentKey" not in query:
            return None
        payment = _find(remote_id=remote_id)
        if payment.get("status") != "IN_PROGRESS":
            return of_payment(payment)
        asked = {
            "paymentKey": remote_id,
            "orderId": payment.get("orderId"),
            "amount": payment.get("totalAmount"),
        }
        try:
            done = _post("/v1/payments/confirm", asked, key=f"confirm:{remote_id}")
        except RefusedError as error:
            if error.unknown:
                raise
            # Declined, or confirmed by another request meanwhile: it says itself.
            return of_payment(_find(remote_id=remote_id), detail=error.message)
        return of_payment(done)

    def ask(self, *, reference: str, remote_id: str) -> Report:
        return of_payment(_find(reference=reference, remote_id=remote_id))

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        """https://docs.tosspayments.com/reference#결제-취소; the same key, the same cancel."""
        done = _post(
            f"/v1/payments/{quote(remote_id, safe='')}/cancel",
            {
                "cancelReason": "refund",
                "cancelAmount": to_minor(amount, currency),
            },
            key=f"refund:{key}",
        )
        try:
            last = done["cancels"][-1]
            return Refunded(
                last["transactionKey"],
                pending=last.get("cancelStatus", "DONE") != "DONE",
            )
        except (KeyError, IndexError, TypeError) as error:
            raise GatewayError(f"An answer without {error}.", unknown=True) from error

    def check(self) -> str:
        """Ask about a payment that does not exist: the key is right where that is said."""
        try:
            _find(reference="magpie-asks-whether-the-key-is-right")
        except RefusedError as error:
            if error.status != 404:
                raise
        real = key_of("TOSS_SECRET_KEY").startswith("live_")
        return tell_that_it_answers(self.label, real=real)


def _find(*, reference: str = "", remote_id: str = "") -> Mapping[str, Any]:
    """Ask for a payment by its paymentKey, or by our reference."""
    if not remote_id and not reference:
        raise GatewayError("No payment is named.", unknown=False)
    path = quote(remote_id, safe="") or f"orders/{quote(reference, safe='')}"
    url = f"{settings.TOSS_URL}/v1/payments/{path}"
    return _payment(call("GET", url, headers=basic(key_of("TOSS_SECRET_KEY"))))


def _post(path: str, asked: Mapping[str, Any], *, key: str) -> Mapping[str, Any]:
    """Post with an idempotency key, under which Toss repeats its first answer.

    https://docs.tosspayments.com/reference/using-api/authorization#멱등키-헤더: 300 characters
    at most, kept for 15 days.
    """
    headers = {**basic(key_of("TOSS_SECRET_KEY")), "Idempotency-Key": key}
    return _payment(
        call("POST", f"{settings.TOSS_URL}{path}", headers=headers, body=asked)
    )


def _payment(content: Any) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise GatewayError("An answer without a payment.", unknown=True)
    return content
