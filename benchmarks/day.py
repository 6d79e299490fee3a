"""How full the calls for statuses are over HOURS of trade (24 for a day), by its own clock.

Orders arrive and finish all day; more than 1,000 are open. Time jumps to the second in
which the sweeper would find something due, and the tracker does there what it does in
production: nothing is rounded to coarser steps. The calls are real HTTP.
"""

import os
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from benchmarks.clock import START, Clock, moved_by_hand
from benchmarks.furnishing import a_service, accepted, add_customers, add_provider
from benchmarks.measuring import machine
from orders import actions as orders
from orders.enums import OPEN
from orders.models import Order
from provider.models import Offer, Provider
from sandbox.catalogue import DEMO_FILE, load
from sandbox.server import running
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from sandbox.workshop import FIRST_ORDER

HOURS = float(os.environ.get("HOURS", "6"))
HOUR = 3600.0
# Of an order's life: three in ten are ten times slower.
LIFE = 3 * HOUR
SLOW = 0.3
OPEN_ORDERS = 1500
MEAN_LIFE = LIFE * (1 - SLOW + 10 * SLOW)
# So long before the start the first ones were placed, and so long nothing is counted.
BEFORE = 10 * LIFE
WARM_UP = HOUR
# The open orders are counted at every tenth look: it takes as long as a claim.
EVERY = 10


@dataclass
class Tally:
    """What was counted, call by call."""

    filled: list[float] = field(default_factory=list)
    open_orders: list[int] = field(default_factory=list)
    looks: int = 0


@dataclass(frozen=True)
class Arrival:
    """An order that is placed `at` seconds after the start, perhaps before it."""

    at: float
    link: str


def run() -> None:
    """Trade, then print how many calls there were and how full."""
    print(machine())
    arrivals = _arrivals()
    with moved_by_hand() as clock:
        vendor = Vendor(
            load(DEMO_FILE), Terms(speed=LIFE, deposit=Decimal(10**9)), clock=clock
        )
        with running(vendor) as address:
            provider = add_provider(f"{address}/api/v2", calls_per_minute=120)
            _make_orders(provider, arrivals)
            started = time.monotonic()
            tally = _trade(clock, vendor, provider, arrivals)
            real = time.monotonic() - started
    fills = tally.filled
    print(
        f"  {HOURS:g} hours, {len(arrivals)} orders in all, "
        f"{min(tally.open_orders)} to {max(tally.open_orders)} open "
        f"(median {statistics.median(tally.open_orders):.0f}), asked about every "
        f"{settings.TRACK_INTERVAL} to {settings.TRACK_INTERVAL_MAX} s\n"
        f"  {len(fills)} calls with {sum(fills) * provider.batch_size:.0f} ids: "
        f"{statistics.mean(fills):.0%} full in the mean, median "
        f"{statistics.median(fills):.0%} ({real / tally.looks * 1000:.0f} ms a look)"
    )


def _arrivals() -> list[Arrival]:
    """Return orders as they come: at random, so many that OPEN_ORDERS are open."""
    dice = random.Random(1)
    arrivals: list[Arrival] = []
    at = -BEFORE
    while (at := at + dice.expovariate(OPEN_ORDERS / MEAN_LIFE)) < HOURS * HOUR:
        wish = "complete&slow" if dice.random() < SLOW else "complete"
        arrivals.append(Arrival(at, f"https://example.com/{len(arrivals)}#{wish}"))
    return arrivals


def _make_orders(provider: Provider, arrivals: Sequence[Arrival]) -> None:
    """Make the rows of all orders of the day; none is due before it arrives."""
    customers = add_customers(100)
    numbers = [str(FIRST_ORDER + place) for place in range(len(arrivals))]
    made = accepted(provider, customers, numbers)
    dice = random.Random(2)
    for order, arrival in zip(made, arrivals, strict=True):
        order.created_at = order.changed_at = START + timedelta(seconds=arrival.at)
        first = max(arrival.at, 0) + settings.TRACK_INTERVAL
        if arrival.at < 0:
            first = dice.uniform(0, min(-arrival.at / 5, settings.TRACK_INTERVAL_MAX))
        order.next_at = START + timedelta(seconds=first)
    Order.objects.bulk_update(
        made, ["created_at", "changed_at", "next_at"], batch_size=500
    )


def _trade(
    clock: Clock, vendor: Vendor, provider: Provider, arrivals: Sequence[Arrival]
) -> Tally:
    service = Offer.objects.get(routes__service=a_service(provider)).upstream_id
    rest = list(reversed(arrivals))
    tally = Tally()
    second = 0.0
    while True:
        _place_until(clock, vendor, service, rest, second)
        before = vendor.calls["status"]
        told = 0
        while answered := orders.track(provider_id=provider.pk):
            told += answered
        tally.looks += 1
        if calls := vendor.calls["status"] - before:
            _count(tally, clock, provider, told, calls)
        due = _next_due(provider)
        if due is None or due >= HOURS * HOUR:
            return tally
        # The sweeper looks once a second.
        second = max(second + 1, float(-(-due // 1)))


def _count(
    tally: Tally, clock: Clock, provider: Provider, told: int, calls: int
) -> None:
    if clock.seconds < WARM_UP:
        return
    tally.filled += [told / calls / provider.batch_size] * calls
    if tally.looks % EVERY:
        return
    here = Order.objects.filter(created_at__lte=clock.at(clock.seconds))
    tally.open_orders.append(here.filter(status__in=OPEN).count())


def _place_until(
    clock: Clock, vendor: Vendor, service: str, rest: list[Arrival], second: float
) -> None:
    """Let the sandbox take what arrives until `second`, each at its moment."""
    while rest and rest[-1].at <= second:
        arrival = rest.pop()
        clock.seconds = arrival.at
        vendor.place({"service": service, "link": arrival.link, "quantity": "1000"})
    clock.set(second)


def _next_due(provider: Provider) -> float | None:
    """Return when something is due next, in seconds after the start."""
    watched = Order.objects.filter(
        provider_id=provider.pk,
        submission="accepted",
        next_at__isnull=False,
    )
    first = watched.order_by("next_at").values_list("next_at", flat=True).first()
    return None if first is None else (first - START).total_seconds()
