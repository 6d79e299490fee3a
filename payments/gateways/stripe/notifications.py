"""Stripe's notifications: their signature, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import stripe

from payments.gateways.calling import header
from payments.gateways.keys import key_of
from payments.gateways.protocol import ForgedError, Report, State, UnreadableError
from payments.gateways.stripe.client import client, speaking
from payments.gateways.stripe.reports import moment, of_charge, of_dispute, of_session

# A notification that is signed again, as each repetition is, is no older than this.
TOLERANCE = 300
SESSIONS = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
}
CHARGES = {"charge.succeeded", "charge.refunded"}
REFUNDS = {"refund.failed", "charge.refund.updated"}
DISPUTES = {
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
}


def verify(headers: Mapping[str, str], body: bytes) -> stripe.Event:
    """Return the event that Stripe has signed.

    https://docs.stripe.com/webhooks#verify-manually: `Stripe-Signature` holds a moment and
    HMAC-SHA256 of "moment.body" by the endpoint's secret.
    """
    secret = key_of("STRIPE_WEBHOOK_SECRET")
    if not secret or not key_of("STRIPE_SECRET_KEY"):
        raise ForgedError("Stripe is not configured.")
    signature = header(headers, "Stripe-Signature")
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(), signature, secret, TOLERANCE
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise ForgedError(str(error)) from error
    try:
        return client().construct_event_without_verification(body)
    except (ValueError, AttributeError, KeyError) as error:
        raise UnreadableError(str(error)) from error


def read(event: stripe.Event) -> Sequence[Report]:
    """Return what an event says of one of our payments.

    Sessions and charges say it all; of a dispute, or a refund that failed, Stripe is
    asked what was paid. Payments of this account that the shop has not started have no
    reference of ours, and are none of our business.
    """
    try:
        found = _read(event, event.data.object)
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError(f"An event without {error}.") from error
    return [found] if found else []


def _read(event: stripe.Event, told: Any) -> Report | None:
    at = moment(event.created)
    if event.type in SESSIONS:
        if not told.client_reference_id:
            return None
        report = of_session(told, event_id=event.id, at=at)
        if event.type == "checkout.session.async_payment_failed":
            return replace(report, state=State.FAILED)
        return report
    if event.type in CHARGES:
        return _of_charge(told, event)
    if event.type in DISPUTES:
        paid = _of_charge(_charge(told), event)
        return of_dispute(told, paid) if paid else None
    if event.type in REFUNDS:
        return _of_charge(_charge(told), event)
    return None


def _of_charge(charge: stripe.Charge, event: stripe.Event) -> Report | None:
    reference = charge.metadata.to_dict().get("reference", "")
    if not reference:
        return None
    return of_charge(
        charge, reference=reference, event_id=event.id, at=moment(event.created)
    )


def _charge(told: Any) -> stripe.Charge:
    """Return the charge that a dispute or a refund belongs to."""
    with speaking():
        return client().v1.charges.retrieve(str(told.charge))
