"""Gathering evidence about unknown orders: whether they exist upstream after all.

In this order: the same request id sent again, the provider's list of our orders, the
ids between ours. Only what was found settles an order by itself (ADR 6); that nothing
was found is written down, and staff decide.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from orders.actions.answering import apply_repeat
from orders.actions.claiming import database_time
from orders.actions.settling import SettlementError, accept_found
from orders.actions.telling import tell_staff
from orders.enums import EvidenceSource, Outcome, Submission, Verdict
from orders.models import Attempt, Evidence, Order
from orders.pace import PATIENCE
from orders.payload import add_fields
from orders.routing import earns
from orders.searching import Finding, search_gap, search_list, weigh_balance
from provider.client import Client
from provider.protocol.replies import AddOutcome
from provider.queries import exchange_rate
from provider.upstream import archive, client_of, take_call

logger = logging.getLogger(__name__)

# How long a refund at the shop's risk is watched, and how long an unknown order may be
# unknown before it goes to the top of the staff's list.
WATCHED = timedelta(days=30)
URGENT = timedelta(hours=24)
# Seconds between looks once a day has passed.
LATER = 3600.0
# Answers to a request id sent again that say that there is no order for it. They may
# come from a check that is made before the id is looked at, and so settle nothing.
_REFUSALS = frozenset({AddOutcome.REFUSED, AddOutcome.HELD_FUNDS, AddOutcome.HELD_LINK})


@dataclass(frozen=True)
class Look:
    """An attempt of which nobody knows whether it was accepted, ours to look for."""

    attempt: Attempt
    client: Client

    def take_call(self) -> bool:
        """Take a call from the provider's rate limit, as a step of its own."""
        return _take_call(self.attempt.provider_id)


def gather_evidence(*, order_id: int) -> None:
    """Look for an unknown order that is due; nothing happens to any other.

    1. Commit the claim: nobody else looks until the next time.
    2. Ask, with no transaction open, one source after the other.
    3. Commit each finding; the first that finds the order settles it.
    """
    look = _claim(order_id)
    if look is None:
        return
    for finding in _findings(look):
        if _keep(look.attempt, finding) and finding.verdict == Verdict.FOUND:
            break
    if look.attempt.provider.request_ids:
        _let_decide(look.attempt)


@transaction.atomic(durable=True)
def _claim(order_id: int) -> Look | None:
    order = (
        Order.objects.filter(
            pk=order_id,
            submission__in=(Submission.UNKNOWN, Submission.WITHDRAWN),
            next_at__lte=Now() + timedelta(seconds=1),
        )
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .first()
    )
    if order is None:
        return None
    attempt = (
        order.attempts.filter(upstream_id=None, outcome__in=("", Outcome.UNKNOWN))
        .select_related("order__service", "provider", "offer__provider")
        .order_by("no")
        .last()
    )
    if attempt is None or _is_over(order, attempt):
        # An unknown order stays watched, by staff.
        Order.objects.filter(pk=order_id).update(next_at=None)
        return None
    age = (database_time() - attempt.sent_at).total_seconds()
    if age > URGENT.total_seconds() and order.submission == Submission.UNKNOWN:
        tell_staff(order_id, "unknown for more than a day: please settle it")
    wait = _wait(attempt, age)
    Order.objects.filter(pk=order_id).update(next_at=Now() + timedelta(seconds=wait))
    if attempt.provider.request_ids:
        lease = timedelta(seconds=settings.ATTEMPT_LEASE)
        Attempt.objects.filter(pk=attempt.pk).update(repeated_until=Now() + lease)
    return Look(attempt, client_of(attempt.provider))


def _wait(attempt: Attempt, age: float) -> float:
    """Return in how many seconds an attempt is looked for again, `age` after it left.

    Where nobody can be asked, only the balance may hint at something: the older, the
    more rarely it is looked at, or thousands of those would keep the others waiting.
    """
    provider = attempt.provider
    if age > URGENT.total_seconds():
        return max(settings.EVIDENCE_INTERVAL, LATER)
    if provider.request_ids or provider.list_orders or provider.id_gap:
        return settings.EVIDENCE_INTERVAL
    return max(settings.EVIDENCE_INTERVAL, min(age / PATIENCE, LATER))


@transaction.atomic(durable=True)
def _let_decide(attempt: Attempt) -> None:
    """Let staff decide about an attempt again, whose request id has its answer now."""
    Attempt.objects.filter(pk=attempt.pk).update(repeated_until=None)


def _is_over(order: Order, attempt: Attempt) -> bool:
    """Whether a refund at the shop's risk was watched for long enough."""
    return (
        order.submission == Submission.WITHDRAWN
        and Attempt.objects.filter(pk=attempt.pk, sent_at__lt=Now() - WATCHED).exists()
    )


@transaction.atomic(durable=True)
def _take_call(provider_id: int) -> bool:
    return take_call(provider_id=provider_id)


def _findings(look: Look) -> list[Finding]:
    """Ask the sources that the provider has, the strongest first, until one finds it.

    What would not be sent now is only asked about: if the first add never arrived, the
    second would make the order.
    """
    provider = look.attempt.provider
    findings: list[Finding] = []
    sources = (
        (provider.request_ids and _may_be_sent(look.attempt), _repeat),
        (provider.list_orders, lambda look: search_list(look.attempt, look.client)),
        (
            provider.id_gap,
            lambda look: search_gap(look.attempt, look.client, look.take_call),
        ),
    )
    for known, source in sources:
        if known and look.take_call():
            findings.append(source(look))
            if findings[-1].verdict == Verdict.FOUND:
                return findings
    balance = weigh_balance(look.attempt)
    return [*findings, balance] if balance else findings


def _may_be_sent(attempt: Attempt) -> bool:
    """Whether the order is neither refunded nor made by another attempt, and would be
    bought there at today's rates."""
    order, provider = attempt.order, attempt.provider
    rate = exchange_rate(base=provider.currency)
    return (
        order.submission == Submission.UNKNOWN
        and not order.attempts.filter(upstream_id__isnull=False).exists()
        and provider.active
        and provider.paused_at is None
        and rate is not None
        and earns(order, attempt.offer, rate)
    )


def _repeat(look: Look) -> Finding:
    """Send the same request id again: by the provider's promise, no second order.

    An acceptance is applied at once, as a late answer is.
    """
    attempt = look.attempt
    answer, exchange = look.client.add(add_fields(attempt=attempt))
    source = EvidenceSource.REQUEST_ID
    if apply_repeat(attempt=attempt, answer=answer, exchange=exchange):
        name = answer.upstream_id or ""
        return Finding(source, Verdict.FOUND, "accepted", name, exchange)
    if answer.outcome in _REFUSALS:
        return Finding(source, Verdict.ABSENT, answer.error, "", exchange)
    detail = answer.error or f"{answer.outcome} as {answer.upstream_id}, which is known"
    return Finding(source, Verdict.UNCLEAR, detail, "", exchange)


def _keep(attempt: Attempt, finding: Finding) -> bool:
    """Write a finding down, settle the order by it if it was found; False if it was not.

    An id that somebody else's order has meanwhile proves nothing.
    """
    if finding.verdict != Verdict.FOUND or finding.source == EvidenceSource.REQUEST_ID:
        _note(attempt, finding)
        return True
    try:
        accept_found(attempt=attempt, finding=finding)
    except SettlementError as error:
        logger.warning("%s: %s is not it: %s", attempt, finding.upstream_id, error)
        return False
    return True


@transaction.atomic(durable=True)
def _note(attempt: Attempt, finding: Finding) -> None:
    """Keep a finding that says something new, or says a second time that it is absent."""
    before = Evidence.objects.filter(attempt=attempt, source=finding.source)
    recent = Q(created_at__gt=Now() - timedelta(seconds=settings.EVIDENCE_INTERVAL / 2))
    same = before.filter(verdict=finding.verdict, detail=finding.detail[:300])
    is_second = finding.verdict == Verdict.ABSENT and same.count() == 1
    if same.exists() and not (is_second and not before.filter(recent).exists()):
        return
    reply = None
    if finding.exchange is not None:
        reply = archive(provider=attempt.provider, exchange=finding.exchange)
    Evidence.objects.create(
        attempt=attempt,
        source=finding.source,
        verdict=finding.verdict,
        upstream_id=finding.upstream_id,
        detail=finding.detail[:300],
        reply=reply,
    )
