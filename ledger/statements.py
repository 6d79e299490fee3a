"""A customer's statement: the lines of it, and what they come to.

A customer may have a hundred thousand transfers. Each of their accounts, and each
direction, has an index that is read from the newest on, and what comes of them is merged;
asked for with OR, all of them would be read and sorted. Time has no index, as every
transfer would have to write it: numbers rise with it, so that a moment is looked up among
them by halving.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.urls import reverse

from accounts.models import User
from ledger.enums import GROUPS, AccountKind, TransferKind
from ledger.wanted import Wanted
from shop.money import ZERO

# Numbers are drawn, and times set, within a transaction; none takes so long.
SLACK = timedelta(hours=1)
# So many are read at once where all are wanted.
CHUNK = 500

_OWN = """
    WITH own AS MATERIALIZED (
        SELECT id, kind FROM ledger_account WHERE customer_id = %(customer)s
    )
"""
_COLUMNS = "id, created_at, kind, subject, note, amount"
# What goes from one account of theirs to another is a line once, as it leaves. The number
# of an account is asked for by its bounds, as of an equality the planner concludes that
# order by number is enough, and reads everybody's transfers in search of theirs.
_LINES = """
    {own}
    SELECT * FROM (
        (SELECT moved.*, own.kind AS bucket, false AS incoming
         FROM own CROSS JOIN LATERAL (
            SELECT {columns}, currency, source_balance_after AS after
            FROM ledger_transfer
            WHERE source_id >= own.id AND source_id <= own.id {where}
            ORDER BY source_id, id DESC LIMIT %(rows)s) AS moved)
        UNION ALL
        (SELECT moved.*, own.kind, true
         FROM own CROSS JOIN LATERAL (
            SELECT {columns}, currency, target_balance_after
            FROM ledger_transfer
            WHERE target_id >= own.id AND target_id <= own.id
              AND source_id NOT IN (SELECT id FROM own) {where}
            ORDER BY target_id, id DESC LIMIT %(rows)s) AS moved)
    ) AS lines ORDER BY id DESC LIMIT %(rows)s
"""
_SUMS = """
    {own}
    SELECT
        (SELECT sum(moved.amount) FROM own CROSS JOIN LATERAL (
            SELECT sum(amount) AS amount FROM ledger_transfer
            WHERE target_id >= own.id AND target_id <= own.id
              AND source_id NOT IN (SELECT id FROM own) {where}) AS moved),
        (SELECT sum(moved.amount) FROM own CROSS JOIN LATERAL (
            SELECT sum(amount) AS amount FROM ledger_transfer
            WHERE source_id >= own.id AND source_id <= own.id
              AND target_id NOT IN (SELECT id FROM own) {where}) AS moved),
        (SELECT sum(balance) FROM ledger_account
         WHERE customer_id = %(customer)s)
"""
_FIRST_SINCE = """
    WITH RECURSIVE search(low, high) AS (
        SELECT coalesce(min(id), 1), coalesce(max(id), 0) + 1 FROM ledger_transfer
        UNION ALL
        SELECT CASE WHEN probe.created_at < %(at)s THEN probe.id + 1 ELSE low END,
               CASE WHEN probe.created_at < %(at)s THEN high ELSE (low + high) / 2 END
        FROM search CROSS JOIN LATERAL (
            SELECT id, created_at FROM ledger_transfer
            WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) AS probe
        WHERE low < high
    )
    SELECT max(low) FROM search
"""


@dataclass(frozen=True)
class Line:
    """One line of the statement; `change` is signed, `after` of the bucket it is about."""

    number: int
    at: datetime
    kind: TransferKind
    subject: int
    note: str
    change: Decimal
    currency: str
    after: Decimal | None
    bucket: AccountKind

    @property
    def order_id(self) -> int:
        """The order that it is about, or 0."""
        return self.subject if self.kind.startswith("order:") else 0

    @property
    def top_up_id(self) -> int:
        """The payment that it is about, or 0."""
        return self.subject if self.kind.startswith("topup:") else 0

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def url(self) -> str:
        """The page of what it is about, or ""."""
        if self.order_id:
            return reverse("order", args=[self.order_id])
        return reverse("top_up", args=[self.top_up_id]) if self.top_up_id else ""

    @property
    def pocket(self) -> str:
        """Whose balance is after it, where that is not what was paid for."""
        return "" if self.bucket == AccountKind.PAID else str(self.bucket.label)


@dataclass(frozen=True)
class Sums:
    """What came and went, and the balance before and after; less what is owed."""

    came: Decimal
    gone: Decimal
    before: Decimal
    after: Decimal


def lines(*, customer: User, wanted: Wanted, rows: int) -> list[Line]:
    """Return the first `rows` lines of what is wanted, newest first."""
    where, values = _where(wanted)
    sql = _LINES.format(own=_OWN, columns=_COLUMNS, where=where)
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "customer": customer.pk, "rows": rows})
        return [_line(row) for row in cursor.fetchall()]


def _line(row: tuple[Any, ...]) -> Line:
    number, at, kind, subject, note, amount, currency, after, bucket, incoming = row
    return Line(
        number=number,
        at=at,
        kind=TransferKind(kind),
        subject=subject,
        note=note,
        change=amount if incoming else -amount,
        currency=currency,
        after=after,
        bucket=AccountKind(bucket),
    )


def all_lines(*, customer: User, wanted: Wanted) -> Iterator[Line]:
    """Yield every line of what is wanted, newest first, a chunk at a time."""
    before = wanted.before
    while True:
        on = Wanted(wanted.group, wanted.from_date, wanted.to_date, before)
        found = lines(customer=customer, wanted=on, rows=CHUNK)
        yield from found
        if len(found) < CHUNK:
            return
        before = found[-1].number


def sums(*, customer: User, wanted: Wanted) -> Sums:
    """Return what the lines come to; the balances are those around the days.

    Both are counted back from what there is now, so that they agree with the lines.
    """
    came, gone, now = _sum(customer, wanted)
    days = Wanted(from_date=wanted.from_date, to_date=wanted.to_date)
    after = now
    if days.to_date is not None:
        later_came, later_gone, _now = _sum(customer, Wanted(), since=days.end)
        after = now - later_came + later_gone
    if wanted.group:
        all_came, all_gone, _now = _sum(customer, days)
    else:
        all_came, all_gone = came, gone
    return Sums(came=came, gone=gone, before=after - all_came + all_gone, after=after)


def _sum(
    customer: User, wanted: Wanted, *, since: datetime | None = None
) -> tuple[Decimal, Decimal, Decimal]:
    where, values = _where(wanted, since=since)
    with connection.cursor() as cursor:
        cursor.execute(
            _SUMS.format(own=_OWN, where=where), {**values, "customer": customer.pk}
        )
        came, gone, now = cursor.fetchone()
    return came or ZERO, gone or ZERO, now or ZERO


def _where(
    wanted: Wanted, *, since: datetime | None = None
) -> tuple[str, dict[str, Any]]:
    """Return the conditions for what is wanted, and their values."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if wanted.before is not None:
        conditions.append("id < %(before)s")
        values["before"] = wanted.before
    if wanted.group:
        conditions.append("ledger_transfer.kind = ANY(%(kinds)s)")
        values["kinds"] = [str(kind) for kind in GROUPS[wanted.group]]
    if start := since or wanted.start:
        conditions.append("created_at >= %(start)s AND id >= %(first)s")
        values |= {"start": start, "first": _first_since(start - SLACK)}
    if end := wanted.end:
        conditions.append("created_at < %(end)s AND id < %(last)s")
        values |= {"end": end, "last": _first_since(end + SLACK)}
    return "".join(f" AND {condition}" for condition in conditions), values


def _first_since(at: datetime) -> int:
    """Return the number from which on transfers are not before `at`, give or take."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_SINCE, {"at": at})
        return int(cursor.fetchone()[0])
