"""The gateway: sessions of Checkout, asked about and refunded.

A top-up's `remote_id` is its Checkout session's. Payments carry our reference in their
metadata, so that notifications about charges name it as well.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import stripe
from django.conf import settings

from payments.gateways.calling import tell_that_it_answers
from payments.gateways.keys import are_set
from payments.gateways.protocol import (
    GatewayError,
    Limits,
    Refunded,
    Report,
    Started,
    Wish,
)
from payments.gateways.stripe.client import client, speaking
from payments.gateways.stripe.notifications import read, verify
from payments.gateways.stripe.reports import moment, of_session
from payments.gateways.units import from_minor, to_minor

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts; the shop offers
# Stripe for these alone.
LEAST = {
    "USD": "0.50", "AED": "2.00", "AUD": "0.50", "BRL": "0.50", "CAD": "0.50",
    "CHF": "0.50", "CZK": "15.00", "DKK": "2.50", "EUR": "0.50", "GBP": "0.30",
    "HKD": "4.00", "HUF": "175.00", "INR": "0.50", "JPY": "50", "KRW": "1000",
    "MXN": "10", "MYR": "2", "NOK": "3.00", "NZD": "0.50", "PHP": "30", "PLN": "2.00",
    "RON": "2.00", "SEK": "3.00", "SGD": "0.50", "THB": "10", "TWD": "20",
    "VND": "15000",
}  # fmt: skip
# Amounts have at most eight digits.
_MOST = 99_999_999
_EXPAND = ["payment_intent.latest_charge"]


class StripeGateway:
    """Payments on Stripe's hosted page (https://docs.stripe.com/payments/checkout)."""

    name = "stripe"
    label = "Stripe"
    keys: Sequence[str] = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")

    def is_configured(self) -> bool:
        return are_set(self.keys)

    def currencies(self) -> Sequence[str]:
        return tuple(LEAST)

    def limits(self, currency: str) -> Limits:
        return Limits(Decimal(LEAST[currency]), from_minor(_MOST, currency))

    def start(self, wish: Wish) -> Started:
        asked = _session(wish)
        with speaking():
            session = client().v1.checkout.sessions.create(
                asked, {"idempotency_key": f"start:{wish.reference}"}
            )
            return Started(
                session.id,
                url=session.url or "",
                expires_at=moment(session.expires_at),
            )

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        return read(verify(headers, body))

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        return None

    def ask(self, *, reference: str, remote_id: str) -> Report:
        if not remote_id:
            raise GatewayError("No session is known.", unknown=False)
        with speaking():
            return of_session(*_look_up(remote_id))

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        with speaking():
            speaker = client()
            session = speaker.v1.checkout.sessions.retrieve(remote_id)
            if not isinstance(session.payment_intent, str):
                raise GatewayError("Nothing was paid.", unknown=False)
            refund = speaker.v1.refunds.create(
                {
                    "payment_intent": session.payment_intent,
                    "amount": to_minor(amount, currency),
                },
                {"idempotency_key": f"refund:{key}"},
            )
            if refund.status in {"failed", "canceled"}:
                raise GatewayError(f"The refund {refund.status}.", unknown=False)
            return Refunded(refund.id, pending=refund.status != "succeeded")

    def check(self) -> str:
        with speaking():
            real = client().v1.balance.retrieve().livemode
        return tell_that_it_answers(self.label, real=real)


def _session(wish: Wish) -> Any:
    """Return the parameters of a session.

    https://docs.stripe.com/api/checkout/sessions/create. Without Adaptive Pricing, as
    amount and currency are compared with what was asked for. 3-D Secure is asked for
    wherever the card knows it.
    """
    metadata = {"reference": wish.reference}
    methods = settings.STRIPE_PAYMENT_METHODS
    asked: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": wish.reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": wish.description},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": wish.currency.lower(),
                    "unit_amount": to_minor(wish.amount, wish.currency),
                    "product_data": {"name": wish.description},
                },
            }
        ],
        "adaptive_pricing": {"enabled": False},
        "customer_email": wish.email,
        "locale": wish.language,
        "success_url": wish.return_url,
        "cancel_url": wish.cancel_url,
    }
    if methods:
        asked["payment_method_types"] = list(methods)
    if not methods or "card" in methods:
        secure = {"request_three_d_secure": settings.STRIPE_THREE_D_SECURE}
        asked["payment_method_options"] = {"card": secure}
    return asked


def _look_up(session_id: str) -> tuple[stripe.checkout.Session, list[stripe.Dispute]]:
    """Return a session with its payment and charge, and the disputes of that payment."""
    speaker = client()
    session = speaker.v1.checkout.sessions.retrieve(session_id, {"expand": _EXPAND})
    intent = session.payment_intent
    charge = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    if not isinstance(charge, stripe.Charge) or not charge.disputed:
        return session, []
    found = speaker.v1.disputes.list({"charge": charge.id})
    return session, list(found.data)
