"""Asking gateways: on return of the customer, and about what stayed open."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from payments.actions.applying import apply_report
from payments.enums import OPEN, Outcome
from payments.gateways import registry
from payments.gateways.protocol import GatewayError, Report, State
from payments.models import TopUp

logger = logging.getLogger(__name__)

BATCH = 50
# Between questions about one payment; the last wait repeats.
WAITS = [timedelta(minutes=m) for m in (1, 2, 5, 15, 60, 360)]
# Between questions about one that was paid, until its payer's bank can hardly contest it.
LOOKS = [timedelta(days=d) for d in (6, 23, 60, 30)]
# So long after its end a gateway may still tell of a payment that came in time.
GRACE = timedelta(hours=1)
# What has no end of its own is given up after this.
FORGOTTEN = timedelta(days=30)


def ask(*, top_up: TopUp) -> Outcome:
    """Ask the gateway what became of a payment, and apply what it says."""
    gateway = registry.by_name(top_up.gateway)
    if gateway is None:
        return Outcome.UNANSWERED
    try:
        report = gateway.ask(reference=top_up.reference, remote_id=top_up.remote_id)
    except GatewayError as error:
        logger.warning("%s does not say what became of %s: %s",
                       top_up.gateway, top_up.pk, error.message)  # fmt: skip
        return Outcome.UNANSWERED
    outcome, _found = apply_report(gateway=top_up.gateway, report=report)
    return outcome


def confirm_return(*, top_up: TopUp, query: Mapping[str, str]) -> Outcome:
    """Do what a gateway needs when its customer comes back, and apply what it says.

    What the address says is believed by nobody: the gateway is asked.
    """
    gateway = registry.by_name(top_up.gateway)
    if gateway is None or not top_up.is_open:
        return Outcome.IGNORED
    try:
        report = gateway.confirm(query, top_up.remote_id)
    except GatewayError as error:
        logger.warning("%s did not confirm %s: %s",
                       top_up.gateway, top_up.pk, error.message)  # fmt: skip
        return Outcome.UNANSWERED
    if report is None:
        return Outcome.IGNORED
    outcome, _found = apply_report(gateway=top_up.gateway, report=report)
    return outcome


def sweep_top_ups() -> int:
    """Ask about every payment that is due, end what is over; return how many.

    A notification that was lost costs minutes, no money; one of a refund or a dispute of
    what was paid costs days.
    """
    due = _claim()
    for top_up in due:
        try:
            ask(top_up=top_up)
            if _is_over(top_up):
                _expire(top_up)
        except Exception:
            logger.exception("Asking about top-up %s failed", top_up.pk)
    return len(due)


@transaction.atomic(durable=True)
def _claim() -> list[TopUp]:
    """Take what is due, and push it ahead before anybody is called."""
    due = list(
        TopUp.objects.filter(next_at__lte=Now())
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .order_by("next_at")[:BATCH]
    )
    for top_up in due:
        wait = _wait(top_up)
        TopUp.objects.filter(pk=top_up.pk).update(
            next_at=None if wait is None else Now() + wait, tries=F("tries") + 1
        )
    return due


def _wait(top_up: TopUp) -> timedelta | None:
    """Return how long to wait after this question, None where it is the last one."""
    if top_up.is_open:
        return WAITS[min(top_up.tries, len(WAITS) - 1)]
    return LOOKS[top_up.tries] if top_up.tries < len(LOOKS) else None


def _is_over(top_up: TopUp) -> bool:
    """Return whether a payment is still open though its time is over."""
    over = Q(expires_at__lt=Now() - GRACE) | Q(created_at__lt=Now() - FORGOTTEN)
    return TopUp.objects.filter(over, pk=top_up.pk, state__in=OPEN).exists()


def _expire(top_up: TopUp) -> None:
    """End a payment that nobody made. Should it come later, it is credited all the same."""
    apply_report(
        gateway=top_up.gateway,
        report=Report(State.EXPIRED, reference=top_up.reference),
        reason="its time is over",
    )
