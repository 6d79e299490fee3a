"""A gateway to practise on: it takes no money, and exists only with DEMO=true.

It keeps its payments in the cache, signs its notifications as real ones do, and its
hosted page (`payments.gateways.test.views`) has a button for what may go wrong.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

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
from shop.money import ZERO, plain

SIGNATURE = "Test-Signature"
# Seconds for which a signature is good, and a payment is remembered.
AGE = 300
_MEMORY = 7 * 24 * 3600


@dataclass(frozen=True)
class Payment:
    """A payment as this gateway knows it."""

    remote_id: str
    reference: str
    wanted: Decimal
    currency: str
    return_url: str
    state: State = State.PENDING
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    keys: tuple[str, ...] = ()


class TestGateway:
    """One way to pay, without money."""

    # Not for pytest to collect.
    __test__ = False
    name = "test"
    label = "Test"
    keys: Sequence[str] = ()

    def is_configured(self) -> bool:
        return bool(settings.DEMO)

    def currencies(self) -> Sequence[str]:
        return [settings.SHOP_CURRENCY]

    def limits(self, currency: str) -> Limits:
        return Limits(Decimal("0.01"), Decimal(10**6))

    def start(self, wish: Wish) -> Started:
        remote_id = f"test_{wish.reference}"
        keep(
            Payment(
                remote_id, wish.reference, wish.amount, wish.currency, wish.return_url
            )
        )
        return Started(remote_id, url=reverse("test_gateway", args=[remote_id]))

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        found = {name.lower(): value for name, value in headers.items()}
        at, _comma, signature = found.get(SIGNATURE.lower(), "").partition(",")
        if not at.isdecimal() or not hmac.compare_digest(
            signature.encode(), _sign(at, body).encode()
        ):
            raise ForgedError("the signature is missing or wrong")
        if abs(time.time() - int(at)) > AGE:
            raise ForgedError("the signature is old")
        return [_read(body)]

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        return None

    def ask(self, *, reference: str, remote_id: str) -> Report:
        payment = recall(remote_id or f"test_{reference}")
        if payment is None:
            raise GatewayError("no such payment", unknown=False)
        return report_of(payment)

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        payment = recall(remote_id)
        if payment is None:
            raise GatewayError("no such payment", unknown=False)
        if key not in payment.keys:
            if amount > payment.paid - payment.refunded:
                raise GatewayError("more than was paid", unknown=False)
            keep(
                replace(
                    payment,
                    state=State.REFUNDED,
                    refunded=payment.refunded + amount,
                    keys=(*payment.keys, key),
                )
            )
        return Refunded(f"refund_{key}")

    def check(self) -> str:
        return "The test gateway always works."


def keep(payment: Payment) -> None:
    """Remember a payment as it stands."""
    cache.set(f"test-gateway:{payment.remote_id}", payment, timeout=_MEMORY)


def recall(remote_id: str) -> Payment | None:
    """Return a payment, or None where there is none."""
    found: Payment | None = cache.get(f"test-gateway:{remote_id}")
    return found


def report_of(payment: Payment, **changes: Any) -> Report:
    """Return what this gateway says of a payment, with what a fault makes of it."""
    report = Report(
        state=payment.state,
        reference=payment.reference,
        remote_id=payment.remote_id,
        amount=payment.paid,
        currency=payment.currency,
        refunded=payment.refunded,
        instrument=f"card of {payment.reference}",
    )
    return replace(report, **changes)


def notification_of(report: Report, *, age: int = 0) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body of a signed notification, `age` seconds old."""
    said = {
        "event_id": report.event_id or f"evt_{uuid4().hex}",
        "state": report.state,
        "reference": report.reference,
        "remote_id": report.remote_id,
        "amount": plain(report.amount),
        "currency": report.currency,
        "refunded": plain(report.refunded),
        "instrument": report.instrument,
    }
    body = json.dumps(said).encode()
    at = str(int(time.time()) - age)
    return {SIGNATURE: f"{at},{_sign(at, body)}"}, body


def _sign(at: str, body: bytes) -> str:
    key = f"test gateway:{settings.SECRET_KEY}".encode()
    return hmac.new(key, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read(body: bytes) -> Report:
    try:
        said = json.loads(body)
        return Report(
            state=State(said["state"]),
            reference=said["reference"],
            remote_id=said["remote_id"],
            amount=Decimal(said["amount"]),
            currency=said["currency"],
            refunded=Decimal(said["refunded"]),
            event_id=said["event_id"],
            instrument=said["instrument"],
        )
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise UnreadableError("not a notification of the test gateway") from error
