"""The gateway: orders of the Orders API, version 2.

https://developer.paypal.com/docs/api/orders/v2/. A top-up's `remote_id` is the order's,
and its reference the `custom_id` of the order's one purchase unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings

from payments.gateways.calling import RefusedError, tell_that_it_answers
from payments.gateways.keys import are_set, key_of
from payments.gateways.paypal.client import ask, forget_token
from payments.gateways.paypal.notifications import read, verify
from payments.gateways.paypal.reports import of_order
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
from payments.gateways.units import write_amount

# https://developer.paypal.com/api/rest/reference/currency-codes: without those that only
# accounts of one country may take, and without won, which PayPal does not take.
CURRENCIES = (
    "USD", "EUR", "GBP", "AUD", "CAD", "CHF", "CZK", "DKK", "HKD", "HUF", "ILS", "JPY",
    "MXN", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD",
)  # fmt: skip
# PayPal refuses decimals of these, whatever ISO 4217 says.
WHOLE = {"HUF", "JPY", "TWD"}
_LOCALES = {"ko": "ko-KR"}
_MISSING = (AttributeError, LookupError, TypeError, ArithmeticError)


class PaypalGateway:
    """Payments on PayPal's page."""

    name = "paypal"
    label = "PayPal"
    keys: Sequence[str] = ("PAYPAL_CLIENT_ID", "PAYPAL_SECRET", "PAYPAL_WEBHOOK_ID")

    def is_configured(self) -> bool:
        return are_set(self.keys)

    def currencies(self) -> Sequence[str]:
        return CURRENCIES

    def limits(self, currency: str) -> Limits:
        """Ours: what is less is eaten by PayPal's fixed fee; at most what it takes."""
        whole = currency in WHOLE
        return Limits(Decimal(100 if whole else 1), Decimal(10_000))

    def start(self, wish: Wish) -> Started:
        key = f"start:{wish.reference}"
        order = ask("POST", "/v2/checkout/orders", _order(wish), key=key)
        try:
            pages = {link["rel"]: link["href"] for link in order["links"]}
            url = pages.get("payer-action") or pages["approve"]
            return Started(str(order["id"]), url=str(url))
        except _MISSING as error:
            raise GatewayError(f"An order without {error}.", unknown=True) from error

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        """Verify a notification, and capture where it says that the customer agrees."""
        if not self.is_configured():
            raise ForgedError("PayPal is not configured.")
        event = verify(headers, body)
        if event.get("event_type") != "CHECKOUT.ORDER.APPROVED":
            return read(event)
        resource = event.get("resource")
        number = resource.get("id") if isinstance(resource, Mapping) else None
        if not isinstance(number, str) or not number:
            raise UnreadableError("no order")
        report = replace(_capture(number), event_id=str(event.get("id", "")))
        return [report] if report.reference else []

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        """Capture the order that the customer has allowed.

        Which order it is, we know: the number in the address is not read.
        """
        if not remote_id or "token" not in query:
            return None
        return _capture(remote_id)

    def ask(self, *, reference: str, remote_id: str) -> Report:
        if not remote_id:
            raise GatewayError("No order is known.", unknown=False)
        return _report(_find(remote_id))

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        """https://developer.paypal.com/docs/api/payments/v2/#captures_refund"""
        order = _find(remote_id)
        try:
            capture = order["purchase_units"][0]["payments"]["captures"][-1]["id"]
        except _MISSING as error:
            raise GatewayError("Nothing was paid.", unknown=False) from error
        value = {"currency_code": currency, "value": _value(amount, currency)}
        refund = ask(
            "POST",
            f"/v2/payments/captures/{quote(str(capture), safe='')}/refund",
            {"amount": value},
            key=f"refund:{key}",
        )
        status = refund.get("status")
        if status in {"FAILED", "CANCELLED"}:
            raise GatewayError(f"The refund is {status}.", unknown=False)
        if not refund.get("id"):
            raise GatewayError("A refund without a number.", unknown=True)
        return Refunded(str(refund["id"]), pending=status != "COMPLETED")

    def check(self) -> str:
        """Fetch a token anew, and read the webhook of the settings."""
        forget_token()
        number = quote(key_of("PAYPAL_WEBHOOK_ID"), safe="")
        ask("GET", f"/v1/notifications/webhooks/{number}")
        real = "sandbox" not in settings.PAYPAL_URL
        return tell_that_it_answers(self.label, real=real)


def _order(wish: Wish) -> dict[str, Any]:
    """Return an order. No address is asked for, as nothing is shipped."""
    amount = _value(wish.amount, wish.currency)
    return {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "custom_id": wish.reference,
                "description": wish.description[:127],
                "amount": {"currency_code": wish.currency, "value": amount},
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "brand_name": settings.SHOP_NAME[:127],
                    "locale": _LOCALES.get(wish.language, "en-US"),
                    "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
                    "shipping_preference": "NO_SHIPPING",
                    "user_action": "PAY_NOW",
                    "return_url": wish.return_url,
                    "cancel_url": wish.cancel_url,
                }
            }
        },
    }


def _capture(number: str) -> Report:
    """Capture an order that is APPROVED, and return what it says then.

    https://developer.paypal.com/docs/api/orders/v2/#orders_capture. Where another request
    was first, or the customer's card was declined, the order says what is true.
    """
    order = _find(number)
    if order.get("status") != "APPROVED":
        return _report(order)
    path = f"/v2/checkout/orders/{quote(number, safe='')}/capture"
    try:
        return _report(ask("POST", path, {}, key=f"capture:{number}", whole=True))
    except RefusedError as error:
        if error.unknown:
            raise
        return replace(_report(_find(number)), detail=error.message)


def _find(number: str) -> Mapping[str, Any]:
    return ask("GET", f"/v2/checkout/orders/{quote(number, safe='')}")


def _report(order: Mapping[str, Any]) -> Report:
    try:
        return of_order(order)
    except _MISSING as error:
        raise GatewayError(f"An order without {error}.", unknown=True) from error


def _value(amount: Decimal, currency: str) -> str:
    return write_amount(amount, 0 if currency in WHOLE else 2)
