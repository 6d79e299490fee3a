"""Claiming what a provider is asked about: one tracker at a time, calls filled up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
)

from orders.enums import FINISHED, OPEN, Submission
from orders.models import Delivery, Order
from orders.pace import PATIENCE
from provider.models import Provider
from provider.upstream import BURST, take_call

# What is asked about: our orders, and the orders that upstream made of them.
Row = Order | Delivery
# What of an order a status is read with; the rest is read where it is needed.
TRACKED = (
    "customer_id", "service_id", "type", "quantity", "runs", "fields", "units", "charge",
    "refunded", "status", "submission", "provider_id", "upstream_id", "misses",
    "flagged_at", "flag_reason", "next_at", "changed_at", "finished_at",
)  # fmt: skip
# The lease on a provider that has something due and a call left, and that call. As
# nothing is lost with it but the question, its commit waits for no disk.
_LEASE = """
    UPDATE provider_provider provider
    SET tracked_until = statement_timestamp() + make_interval(secs => %(lease)s),
        next_call_at = greatest(next_call_at, clock_timestamp())
            + make_interval(secs => 60.0 / calls_per_minute)
    WHERE id = %(provider)s
      AND (tracked_until IS NULL OR tracked_until <= statement_timestamp())
      AND next_call_at <= clock_timestamp() + make_interval(secs => %(burst)s)
      AND (EXISTS (SELECT FROM orders_order
                   WHERE provider_id = provider.id AND submission = 'accepted'
                     AND next_at <= statement_timestamp())
           OR EXISTS (SELECT FROM orders_delivery
                      WHERE provider_id = provider.id
                        AND next_at <= statement_timestamp()))
      AND set_config('synchronous_commit', 'off', true) IS NOT NULL
    RETURNING statement_timestamp(), tracked_until
"""


@dataclass
class Claim:
    """Rows that are ours to ask about, for as long as the lease on their provider is.

    `stopped` is set once the provider is to be left alone: nothing more is asked.
    """

    provider: Provider
    rows: Sequence[Row]
    until: datetime
    stopped: bool = False


def lease() -> timedelta:
    """Return for how long a claim is ours; longer than one call may take."""
    return timedelta(seconds=settings.ATTEMPT_LEASE)


def database_time() -> datetime:
    """Return what the database's clock says: the only one that deadlines go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


@transaction.atomic(durable=True)
def claim(*, provider_id: int) -> Claim | None:
    """Claim up to a batch of what is due, or return None.

    Nothing is claimed while another tracker has the provider: one that does not answer
    occupies one thread. That lease is all the claim there is; the rows stay due until
    their answer is applied. A row that is due makes the call; those ride along that have
    waited half of their own interval, as a call costs the same with one id or a hundred.
    What is open goes first, what is only read again fills up.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LEASE,
            {
                "provider": provider_id,
                "lease": settings.ATTEMPT_LEASE,
                "burst": BURST,
            },
        )
        leased = cursor.fetchone()
    if leased is None:
        return None
    now, until = leased
    provider = Provider.objects.get(pk=provider_id)
    rows = _rows(provider, now)
    if not rows:
        # What was due a moment ago was settled otherwise.
        transaction.set_rollback(True)
        return None
    return Claim(provider, rows, until)


def _rows(provider: Provider, now: datetime) -> list[Row]:
    """Return what is due or may ride along, up to a batch, the longest due first."""
    rows: list[Row] = []
    for statuses in (OPEN, FINISHED):
        room = provider.batch_size - len(rows)
        if room:
            orders = Order.objects.filter(
                provider=provider, submission=Submission.ACCEPTED, status__in=statuses
            ).only(*TRACKED)
            deliveries = Delivery.objects.filter(provider=provider, status__in=statuses)
            found: list[list[Row]] = [
                list(_soon(due, now)[:room]) for due in (orders, deliveries)
            ]
            rows += list(merge(*found, key=attrgetter("next_at")))[:room]
    for row in rows:
        # Read once: with each row its key would be decrypted again.
        row.provider = provider
    return rows


def _soon(rows: "QuerySet[Any]", now: datetime) -> "QuerySet[Any]":
    """Return those of `rows` that are due, or over halfway through their own interval."""
    halfway = timedelta(seconds=settings.TRACK_INTERVAL / 2)
    latest = timedelta(seconds=settings.TRACK_INTERVAL_MAX / 2)
    # An interval is a part of the time in which nothing moved (orders.pace).
    idle = ExpressionWrapper(Value(now) - F("changed_at"), DurationField())
    due = Q(next_at__lte=now + halfway) | Q(
        next_at__lte=ExpressionWrapper(
            Value(now) + idle / (2 * PATIENCE), DateTimeField()
        )
    )
    return rows.filter(due, next_at__lte=now + max(halfway, latest)).order_by("next_at")


@transaction.atomic(durable=True)
def keep(*, claim: Claim) -> bool:
    """Take one more call for a claim, and keep the lease as long; False without either."""
    if not take_call(provider_id=claim.provider.pk):
        return False
    until = database_time() + lease()
    kept = _mine(claim).update(tracked_until=until)
    claim.until = until
    return bool(kept)


@transaction.atomic(durable=True)
def give_back(*, claim: Claim) -> None:
    """Let the next tracker at the provider; not where somebody has the lease by now."""
    _mine(claim).update(tracked_until=None)


def _mine(claim: Claim) -> QuerySet[Provider]:
    return Provider.objects.filter(pk=claim.provider.pk, tracked_until=claim.until)


def put_off(*, rows: Sequence[Row], until: datetime) -> None:
    """Look at rows again at `until`; at none that nobody is to look at any more.

    Inside the caller's transaction.
    """
    for model in (Order, Delivery):
        ours = (
            model.objects.filter(
                pk__in=[row.pk for row in rows if isinstance(row, model)],
                next_at__isnull=False,
            )
            .select_for_update(of=("self",), no_key=True)
            .order_by("id")
            .values_list("pk", flat=True)
        )
        model.objects.filter(pk__in=list(ours)).update(next_at=until)
