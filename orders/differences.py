"""The orders that our book of a provider and its own may not agree about, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from ledger.enums import TransferKind
from ledger.models import Transfer
from orders.enums import EvidenceSource, Outcome, Submission, Verdict
from orders.models import Attempt, Delivery, Evidence, Order
from provider.models import Provider
from shop.money import ZERO, MoneyField, RateField

# Amounts in the protocol have five decimals: less than that is rounding.
ROUNDING = Decimal("0.00001")


class Reason(models.TextChoices):
    """Why an order stands in the way of two equal books."""

    COST = "cost", _("charged otherwise than booked")
    OPEN = "open", _("charged otherwise so far; settled when the order ends")
    UNNAMED = "unnamed", _("ended, and the provider never named a charge")
    UNKNOWN = "unknown", _("unknown whether it exists; it may have been charged")
    AT_RISK = "at_risk", _("refunded at the shop's risk; it may have been charged")
    AGAIN = "again", _("left unknown by a person; it may have been charged")
    TWICE = "twice", _("an upstream order that is not in our book")


@dataclass(frozen=True)
class Difference:
    """One sending of an order that the two books do not agree about.

    `charged` is what upstream says, or None where it says nothing: it may then have
    charged as much as `expected`. All in the provider's currency.
    """

    order_id: int
    reason: Reason
    upstream_id: str
    booked: Decimal
    charged: Decimal | None
    expected: Decimal


def differences(
    *, provider: Provider, start: datetime, end: datetime
) -> list[Difference]:
    """Return what differs of the orders that lived between `start` and `end`, by order.

    Two queries, however many there are.
    """
    found = [*_of_costs(provider, start, end), *_of_attempts(provider, start, end)]
    return sorted(found, key=lambda one: (one.order_id, one.upstream_id))


def _of_costs(
    provider: Provider, start: datetime, end: datetime
) -> Iterator[Difference]:
    """Yield the accepted orders whose cost is booked otherwise than it is charged.

    An open order without a charge of its own may be charged for piece by piece, and is
    not compared yet.
    """
    delivered = _sum(
        Delivery.objects.filter(order=OuterRef("pk")), "order", F("upstream_charge")
    )
    booked = _sum(
        Transfer.objects.filter(
            kind__in=(TransferKind.ORDER_COST, TransferKind.ORDER_COST_CORRECTION),
            subject=OuterRef("pk"),
        ),
        "subject",
        Case(When(source=provider.account_id, then=F("amount")), default=-F("amount")),
    )
    ended = Q(finished_at__isnull=False)
    rows = (
        Order.objects.filter(
            Q(finished_at__isnull=True) | Q(changed_at__gte=start),
            provider=provider,
            submission=Submission.ACCEPTED,
            created_at__lt=end,
        )
        .annotate(
            booked=Coalesce(booked, ZERO, output_field=MoneyField()),
            charged=Coalesce(
                "upstream_charge", Case(When(ended, then=delivered), default=None)
            ),
        )
        .annotate(over=F("charged") - F("booked"))
        .filter(
            Q(over__gt=ROUNDING)
            | Q(over__lt=-ROUNDING)
            | (Q(charged=None, booked__gt=0) & ended)
        )
        .values_list("pk", "upstream_id", "booked", "charged", "finished_at")
    )
    for order_id, upstream_id, cost, charged, finished_at in rows:
        reason = Reason.COST if finished_at else Reason.OPEN
        reason = Reason.UNNAMED if charged is None else reason
        yield Difference(order_id, reason, upstream_id or "", cost, charged, cost)


def _sum(rows: models.QuerySet[Any], by: str, what: Any) -> Subquery:
    """Return Σ `what` of the rows that belong to each order."""
    sums = rows.order_by().values(by).annotate(total=Sum(what)).values("total")
    return Subquery(sums, output_field=RateField())


def _of_attempts(
    provider: Provider, start: datetime, end: datetime
) -> Iterator[Difference]:
    """Yield the sendings that upstream may have charged for, without our book."""
    is_orders_own = Q(
        order__provider=F("provider"), order__upstream_id=F("upstream_id")
    )
    nobody_knows = Q(upstream_id=None) & (
        Q(outcome=Outcome.UNKNOWN) | Q(answered_at=None, lease_until__lt=Now())
    )
    shown_absent = Evidence.objects.filter(
        attempt=OuterRef("pk"), verdict=Verdict.ABSENT
    ).exclude(source=EvidenceSource.BALANCE)
    at_risk = Transfer.objects.filter(
        kind=TransferKind.ORDER_LOSS, subject=OuterRef("order_id")
    )
    rows = (
        Attempt.objects.filter(
            provider=provider, sent_at__gte=start, sent_at__lt=end
        )
        .annotate(
            own=Case(When(is_orders_own, then=True), default=False),
            absent=Exists(shown_absent),
            at_risk=Exists(at_risk),
        )
        .filter(nobody_knows | Q(upstream_id__isnull=False, own=False))
        .values_list(
            "order_id", "upstream_id", "expected_cost", "order__submission",
            "absent", "at_risk",
        )
    )  # fmt: skip
    for order_id, upstream_id, expected, submission, absent, risk in rows:
        reason = _reason(upstream_id, submission, absent=absent, at_risk=risk)
        if reason is not None:
            yield Difference(order_id, reason, upstream_id or "", ZERO, None, expected)


def _reason(
    upstream_id: str | None, submission: str, *, absent: bool, at_risk: bool
) -> Reason | None:
    """Return why an attempt matters, or None where somebody has shown that it is not."""
    if upstream_id is not None:
        return Reason.TWICE
    if submission == Submission.UNKNOWN:
        return Reason.UNKNOWN
    if at_risk:
        return Reason.AT_RISK
    return None if absent else Reason.AGAIN
