"""PayPal's notifications: whether PayPal has sent them, and what they say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from payments.gateways.calling import RefusedError, header, parse
from payments.gateways.keys import key_of
from payments.gateways.paypal.client import ask
from payments.gateways.paypal.reports import moment, money, of_capture, of_dispute
from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Report,
    State,
    UnreadableError,
)

# PayPal repeats a notification for three days.
OLDEST = timedelta(days=4)
CAPTURES = {
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.DECLINED",
    "PAYMENT.CAPTURE.DENIED",
}
REFUNDS = {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"}
DISPUTES = {
    "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.UPDATED",
    "CUSTOMER.DISPUTE.RESOLVED",
}
_FIELDS = {
    "auth_algo": "PAYPAL-AUTH-ALGO",
    "cert_url": "PAYPAL-CERT-URL",
    "transmission_id": "PAYPAL-TRANSMISSION-ID",
    "transmission_sig": "PAYPAL-TRANSMISSION-SIG",
    "transmission_time": "PAYPAL-TRANSMISSION-TIME",
}


def verify(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    """Return the event in a notification that PayPal says it has sent to this shop.

    https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post: the
    signature covers the transmission, the webhook's id and the body's checksum; PayPal
    checks it, given the body as it came. What cannot be from PayPal is not asked about.
    """
    if not key_of("PAYPAL_WEBHOOK_ID"):
        raise ForgedError("PAYPAL_WEBHOOK_ID is not set.")
    told = {field: header(headers, name) for field, name in _FIELDS.items()}
    event = parse(body)
    if not all(told.values()) or not isinstance(event, dict):
        raise ForgedError("No notification of PayPal's.")
    if not _is_paypal(told["cert_url"]):
        raise ForgedError("The certificate is not PayPal's.")
    sent_at = moment(told["transmission_time"])
    if sent_at is None or sent_at.tzinfo is None or _is_old(sent_at):
        raise ForgedError("The notification is old.")
    fields = json.dumps({**told, "webhook_id": key_of("PAYPAL_WEBHOOK_ID")}).encode()
    # The event goes back byte for byte: it is one whole JSON object, so nothing in it
    # can end it early.
    asked = fields[:-1] + b', "webhook_event": ' + body + b"}"
    try:
        answer = ask("POST", "/v1/notifications/verify-webhook-signature", asked)
    except RefusedError as error:
        if error.status not in {400, 422}:
            raise
        raise ForgedError("PayPal cannot read it.") from error
    if answer.get("verification_status") != "SUCCESS":
        raise ForgedError("PayPal has not sent this.")
    return event


def read(event: Mapping[str, Any]) -> Sequence[Report]:
    """Return what a verified event says of one of our payments.

    Captures say it all; of a refund or a dispute, PayPal is asked which payment it
    belongs to. What the shop has not started has no reference of ours.
    """
    try:
        found = _read(str(event["event_type"]), event["resource"], str(event["id"]))
    except (AttributeError, LookupError, TypeError, ArithmeticError) as error:
        raise UnreadableError(f"An event without {error}.") from error
    return [found] if found and found.reference else []


def _read(kind: str, told: Mapping[str, Any], event_id: str) -> Report | None:
    if kind in CAPTURES:
        return of_capture(told, event_id=event_id)
    if kind in REFUNDS:
        links = [link["href"] for link in told["links"] if link["rel"] == "up"]
        # Only its last part: where PayPal is, the settings say.
        paid = _capture(links[0].rpartition("/")[2], event_id)
        total = told.get("seller_payable_breakdown", {}).get("total_refunded_amount")
        refunded = money(total or told["amount"])
        return replace(paid, state=State.REFUNDED, refunded=refunded)
    if kind in DISPUTES:
        number = str(told["disputed_transactions"][0]["seller_transaction_id"])
        return of_dispute(told, _capture(number, event_id))
    return None


def _capture(number: str, event_id: str) -> Report:
    found = ask("GET", f"/v2/payments/captures/{quote(number, safe='')}")
    try:
        return of_capture(found, event_id=event_id)
    except (AttributeError, LookupError, TypeError, ArithmeticError) as error:
        raise GatewayError(f"A capture without {error}.", unknown=True) from error


def _is_paypal(url: str) -> bool:
    """Whether an address is PayPal's own, or that of the fake in its place."""
    host = urlsplit(url).hostname or ""
    ours = urlsplit(settings.PAYPAL_URL).hostname
    return host == ours or host.endswith(".paypal.com")


def _is_old(sent_at: datetime) -> bool:
    return datetime.now(UTC) - sent_at > OLDEST
