"""What comes to a gateway's address: stored as it came, then read, then applied."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from payments.actions import telling
from payments.actions.applying import apply_report
from payments.enums import Outcome
from payments.gateways.protocol import (
    ForgedError,
    Gateway,
    GatewayError,
    Report,
    UnreadableError,
)
from payments.models import Notification, TopUp

logger = logging.getLogger(__name__)

# Of headers only these are kept: what signs, and what tells formats apart. Never cookies.
_KEPT = ("signature", "sig", "content-type", "user-agent", "transmission", "auth-algo")
# What nobody has signed is forgotten after this.
FORGED_DAYS = timedelta(days=30)
# Bytes of a body that nobody has signed: enough to see what it is.
FORGED_BODY = 2048


def receive(*, gateway: Gateway, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Store a notification, verify it, apply it; return what came of it.

    1. The raw body is committed before anything looks at it.
    2. The gateway verifies it, outside any transaction, and says what it means.
    3. Each report is applied in its own step, and the outcome noted.

    Whatever was stored and not applied comes again from the gateway, or from the sweeper,
    who asks about every open payment.
    """
    notification = note_notification(gateway=gateway.name, headers=headers, body=body)
    try:
        reports = gateway.read_notification(headers, body)
    except ForgedError as error:
        _note_forged(notification, str(error))
        return Outcome.FORGED
    except UnreadableError as error:
        logger.warning("%s sent what nobody understands: %s", gateway.name, error)
        _note_outcome(notification, Outcome.UNREADABLE, error=str(error))
        return Outcome.UNREADABLE
    except GatewayError as error:
        _note_outcome(notification, Outcome.UNANSWERED, error=error.message)
        return Outcome.UNANSWERED
    return _apply(gateway.name, notification, list(reports))


@transaction.atomic(durable=True)
def note_notification(
    *, gateway: str, headers: Mapping[str, str], body: bytes
) -> Notification:
    """Store what came, as it came."""
    kept = {
        name: value[:1000]
        for name, value in headers.items()
        if any(part in name.lower() for part in _KEPT)
    }
    return Notification.objects.create(gateway=gateway, headers=kept, body=body)


@transaction.atomic(durable=True)
def forget_forged() -> int:
    """Delete forgeries that are older than FORGED_DAYS; return how many."""
    count, _by_model = Notification.objects.filter(
        outcome=Outcome.FORGED, received_at__lt=Now() - FORGED_DAYS
    ).delete()
    return count


def _apply(gateway: str, notification: Notification, reports: list[Report]) -> Outcome:
    outcome, top_up = Outcome.IGNORED, None
    for report in reports:
        result, found = apply_report(gateway=gateway, report=report)
        top_up = found or top_up
        if outcome not in (Outcome.APPLIED, Outcome.MISMATCH):
            outcome = result
    event_id = next((report.event_id for report in reports if report.event_id), "")
    try:
        _note_outcome(notification, outcome, top_up=top_up, event_id=event_id)
    except IntegrityError:
        # Another delivery of the same event bears its number.
        _note_outcome(notification, outcome, top_up=top_up)
    return outcome


@transaction.atomic(durable=True)
def _note_outcome(
    notification: Notification,
    outcome: Outcome,
    *,
    top_up: TopUp | None = None,
    event_id: str = "",
    error: str = "",
) -> None:
    Notification.objects.filter(pk=notification.pk).update(
        applied_at=Now(),
        outcome=outcome,
        top_up=top_up,
        event_id=event_id[:200],
        error=error[:200],
    )


@transaction.atomic(durable=True)
def _note_forged(notification: Notification, error: str) -> None:
    """Note a forgery, keep only the beginning of it, and tell the staff."""
    Notification.objects.filter(pk=notification.pk).update(
        applied_at=Now(),
        outcome=Outcome.FORGED,
        error=error[:200],
        body=bytes(notification.body[:FORGED_BODY]),
    )
    telling.tell_of_forgery(notification.gateway)
