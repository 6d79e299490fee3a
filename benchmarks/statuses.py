"""Applying what one call says of 100 orders, a tenth of which end Partial, with refunds.

Real orders with real ledger rows; the rest of each set moves on, or is completed.
"""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count

from accounts.models import User
from benchmarks.furnishing import UNITS, accepted, add_customers, add_provider
from benchmarks.measuring import (
    machine,
    milliseconds,
    shortened,
    statements,
    upstream,
)
from orders.actions.tracking import apply_statuses
from orders.models import Order
from provider.client import Exchange
from provider.models import Provider
from provider.protocol.replies import StatusRow
from provider.protocol.statuses import UpstreamStatus
from shop.auditing import broken

SET = 100
SETS = 20
REFUNDED = 10
REMAINS = 300
# How many kinds of statements are named that come more than once in a set.
NAMED = 6

_ids = count(1)


def run() -> None:
    """Measure sets of many customers and of one, moving on and completed."""
    print(f"{machine()}; {SET} statuses a set, {REFUNDED} of them refunded")
    many = add_customers(SET)
    with upstream() as url:
        provider = add_provider(url)
    for customers in (many, many[:1]):
        for others in (UpstreamStatus.IN_PROGRESS, UpstreamStatus.COMPLETED):
            _measure(provider, customers, others)
    print(f"  audit: {list(broken()) or 'all promises hold'}")


def _measure(
    provider: Provider, customers: Sequence[User], others: UpstreamStatus
) -> None:
    seconds, cpu, counts = [], [], []
    for _set in range(SETS):
        orders = _orders(provider, customers)
        answers = _answers(orders, others)
        exchange = Exchange("status", 200, _body(answers), "", 0.05)
        with statements() as seen:
            started, used = time.monotonic(), time.process_time()
            apply_statuses(
                provider=provider, orders=orders, answers=answers, exchange=exchange
            )
            seconds.append(time.monotonic() - started)
            cpu.append(time.process_time() - used)
        counts.append(seen.total())
    people = f"{len(customers)} customers" if len(customers) > 1 else "one customer"
    print(
        f"  {people}, the others {others.replace('_', ' ')}: {milliseconds(seconds)} "
        f"sets, of it our own CPU {statistics.median(cpu) * 1000:.1f} ms; "
        f"{statistics.median(counts):.0f} statements a set (BEGIN and COMMIT not counted)"
    )
    for sql, times in seen.most_common(NAMED):
        if times > 1:
            print(f"    {times:4} × {shortened(sql)}")


def _orders(provider: Provider, customers: Sequence[User]) -> list[Order]:
    """Return a set of new orders, read as the tracker reads them."""
    made = accepted(provider, customers, [str(next(_ids)) for _ in range(SET)])
    found = Order.objects.filter(pk__in=[order.pk for order in made])
    return list(found.select_related("provider").order_by("id"))


def _answers(
    orders: Sequence[Order], others: UpstreamStatus
) -> Mapping[str, StatusRow]:
    return {
        order.upstream_id or "": _row(
            UpstreamStatus.PARTIAL if place % (SET // REFUNDED) == 0 else others
        )
        for place, order in enumerate(orders)
    }


def _row(status: UpstreamStatus) -> StatusRow:
    remains = 0 if status == UpstreamStatus.COMPLETED else REMAINS
    charge = Decimal(UNITS - REMAINS) / UNITS
    if status != UpstreamStatus.PARTIAL:
        charge = Decimal(1)
    return StatusRow(
        status=status,
        status_given=status.replace("_", " ").capitalize(),
        charge=charge,
        charge_given=str(charge),
        start_count=4000,
        remains=remains,
        remains_given=str(remains),
        currency="USD",
    )


def _body(answers: Mapping[str, StatusRow]) -> str:
    """Return a reply of the size that such answers come in."""
    return json.dumps(
        {
            upstream_id: {
                "charge": row.charge_given,
                "start_count": "4000",
                "status": row.status_given,
                "remains": row.remains_given,
                "currency": row.currency,
            }
            for upstream_id, row in answers.items()
        }
    )
