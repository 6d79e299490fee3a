"""The gateway: invoices of our store.

The Greenfield API, https://docs.btcpayserver.org/API/Greenfield/v1/. A top-up's
`remote_id` is the invoice's, and its reference the `orderId` in its metadata, by which
invoices can be found.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from payments.gateways.btcpay.reports import (
    asked_for,
    of_invoice,
    paid_for,
    reference_of,
)
from payments.gateways.calling import call, header, read_event, tell_that_it_answers
from payments.gateways.keys import are_set, key_of
from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Limits,
    Refunded,
    Report,
    Started,
    State,
    UnreadableError,
    Wish,
)
from payments.gateways.units import from_minor, places, write_amount

CURRENCIES = (
    "USD",
    "EUR",
    "GBP",
    "KRW",
    "JPY",
    "AUD",
    "CAD",
    "CHF",
    "SGD",
    "HKD",
    "BRL",
)
EVENTS = {
    "InvoiceReceivedPayment",
    "InvoicePaymentSettled",
    "InvoiceProcessing",
    "InvoiceExpired",
    "InvoiceSettled",
    "InvoiceInvalid",
}


class BtcpayGateway:
    """Invoices in the shop's currency, paid in coins at BTCPay Server's rate."""

    name = "btcpay"
    label = "BTCPay Server"
    keys: Sequence[str] = (
        "BTCPAY_URL",
        "BTCPAY_API_KEY",
        "BTCPAY_STORE",
        "BTCPAY_WEBHOOK_SECRET",
    )

    def is_configured(self) -> bool:
        return are_set(self.keys)

    def currencies(self) -> Sequence[str]:
        return CURRENCIES

    def limits(self, currency: str) -> Limits:
        """Ours: BTCPay Server has none, but what is less is eaten by the coin's fee."""
        return Limits(from_minor(100, currency), from_minor(1_000_000_000, currency))

    def start(self, wish: Wish) -> Started:
        """Make an invoice, unless an earlier try has made it: it knows no such keys."""
        amount = write_amount(wish.amount, places(wish.currency))
        invoice = _search(wish.reference) or _call(
            "POST",
            "/invoices",
            {
                "amount": amount,
                "currency": wish.currency,
                "metadata": {"orderId": wish.reference, "itemDesc": wish.description},
                "checkout": {
                    "redirectURL": wish.return_url,
                    "redirectAutomatically": True,
                    "defaultLanguage": wish.language,
                    "paymentTolerance": 0,
                },
            },
        )
        try:
            return Started(
                invoice["id"],
                url=invoice["checkoutLink"],
                expires_at=datetime.fromtimestamp(invoice["expirationTime"], UTC),
            )
        except (KeyError, TypeError) as error:
            raise GatewayError(f"An answer without {error}.", unknown=True) from error

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        """Verify a notification, and ask for the invoice that it is about.

        https://docs.btcpayserver.org/API/Greenfield/v1/#tag/Webhooks: `BTCPay-Sig` is
        sha256=HMAC-SHA256 of the body by the webhook's secret. Nothing says how old it
        is, so what it says is not used: an old one makes us ask, and changes nothing.
        """
        _verify(headers, body)
        event = read_event(body)
        if event.get("type") not in EVENTS or event.get("storeId") != key_of(
            "BTCPAY_STORE"
        ):
            return []
        number = event.get("invoiceId")
        event_id = event.get("originalDeliveryId") or event.get("deliveryId")
        if not (isinstance(number, str) and number and isinstance(event_id, str)):
            raise UnreadableError("no invoice")
        # What the button "test" of its webhooks sends.
        if number.startswith("__test__"):
            return []
        report = replace(_report(_invoice(number)), event_id=event_id)
        return [report] if report.reference else []

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        return None

    def ask(self, *, reference: str, remote_id: str) -> Report:
        invoice = _invoice(remote_id) if remote_id else _search(reference)
        if not invoice:
            raise GatewayError("No such invoice.", unknown=False)
        return _report(invoice)

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        """Make a pull payment, from which the customer claims the coins.

        It is named after `key`, by which an earlier try is found. BTCPay Server would
        give back more than came, so that is refused here.
        """
        back = write_amount(amount, places(currency))
        if amount > paid_for(_invoice(remote_id)):
            raise GatewayError("More than was paid.", unknown=False)
        # Names are cut at 50 characters.
        name = f"Refund {remote_id} {hashlib.sha256(key.encode()).hexdigest()[:16]}"
        made = _list("/pull-payments?includeArchived=true")
        found = next((each for each in made if each.get("name") == name), None)
        pull = found or _call(
            "POST",
            f"/invoices/{quote(remote_id, safe='')}/refund",
            {
                "name": name,
                "payoutMethodId": settings.BTCPAY_PAYOUT_METHOD,
                "refundVariant": "Custom",
                "customAmount": back,
                "customCurrency": currency,
            },
        )
        try:
            return Refunded(pull["id"], pending=True, url=pull["viewLink"])
        except (KeyError, TypeError) as error:
            raise GatewayError(f"An answer without {error}.", unknown=True) from error

    def check(self) -> str:
        _call("GET", "/invoices?take=1")
        return tell_that_it_answers(
            self.label, real="testnet" not in key_of("BTCPAY_URL")
        )


def _report(invoice: Any) -> Report:
    """Return what an invoice says, and what of it goes back by pull payments.

    Those are not told by the invoice. They bear its number in their name: ours, and those
    that staff made with BTCPay Server's own button, unless they gave another name. Of an
    invoice that was overpaid, what came too much goes back first, and is no refund.
    """
    report = of_invoice(invoice)
    if report.state not in {State.PAID, State.OVERPAID}:
        return report
    name = f"Refund {report.remote_id}"
    pulls = [
        pull
        for pull in _list("/pull-payments")
        if f"{pull.get('name')} ".startswith(f"{name} ")
        and pull.get("currency") == report.currency
    ]
    try:
        refunded = sum((Decimal(pull["amount"]) for pull in pulls), Decimal(0))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise GatewayError(f"A refund without {error}.", unknown=True) from error
    if report.state is State.OVERPAID:
        over = report.amount - asked_for(invoice)
        return replace(report, refunded=max(refunded - over, Decimal(0)))
    if not refunded:
        return report
    return replace(report, state=State.REFUNDED, refunded=refunded)


def _verify(headers: Mapping[str, str], body: bytes) -> None:
    if not BtcpayGateway().is_configured():
        raise ForgedError("BTCPay Server is not configured.")
    secret = key_of("BTCPAY_WEBHOOK_SECRET").encode()
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    given = header(headers, "BTCPay-Sig")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise ForgedError("BTCPay-Sig does not fit.")


def _invoice(number: str) -> Any:
    return _call("GET", f"/invoices/{quote(number, safe='')}")


def _search(reference: str) -> Any:
    """Return the invoice with our reference, or None. Archived ones are not listed."""
    query = urlencode({"orderId": reference})
    found = _list(f"/invoices?{query}")
    return next((each for each in found if reference_of(each) == reference), None)


def _list(path: str) -> Sequence[Mapping[str, Any]]:
    found = _call("GET", path)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise GatewayError("An answer without a list.", unknown=True)
    return found


def _call(method: str, path: str, asked: Any = None) -> Any:
    store = quote(key_of("BTCPAY_STORE"), safe="")
    url = f"{key_of('BTCPAY_URL')}/api/v1/stores/{store}{path}"
    headers = {"Authorization": f"token {key_of('BTCPAY_API_KEY')}"}
    return call(method, url, headers=headers, body=asked)
