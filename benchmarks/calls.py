"""How many status calls it takes to ask about what is due, by the sandbox's own count."""

import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db.models.functions import Now

from benchmarks.furnishing import a_service, accepted, add_customers, add_provider
from benchmarks.measuring import machine
from orders import actions as orders
from orders.models import Order
from provider.models import Offer, Provider
from sandbox.catalogue import DEMO_FILE, load
from sandbox.server import running
from sandbox.terms import Terms
from sandbox.vendor import Vendor

DUE = (1, 99, 100, 101, 10_000)
SIZES = (100, 50)


def run() -> None:
    """Let so many orders be due at once, and count the calls until none is."""
    print(machine())
    vendor = Vendor(
        load(DEMO_FILE),
        Terms(speed=1_000_000, deposit=Decimal(10**9)),
        clock=lambda: 1_000_000.0,
    )
    with running(vendor) as address:
        provider = add_provider(f"{address}/api/v2")
        offer = Offer.objects.get(routes__service=a_service(provider))
        numbers = [
            str(vendor.place(_fields(offer.upstream_id, place)))
            for place in range(max(DUE))
        ]
        customers = add_customers(100)
        made = accepted(provider, customers, numbers)
        # Unmoved for a day: nothing comes up again before it is over.
        Order.objects.update(changed_at=Now() - timedelta(days=1))
        for size in SIZES:
            Provider.objects.filter(pk=provider.pk).update(batch_size=size)
            for due in DUE if size == SIZES[0] else DUE[:-1]:
                _measure(vendor, provider.pk, made[:due], size)


def _fields(service: str, place: int) -> dict[str, str]:
    link = f"https://example.com/film/{place}#complete"
    return {"service": service, "link": link, "quantity": "1000"}


def _measure(vendor: Vendor, provider_id: int, due: Sequence[Order], size: int) -> None:
    # The others are far off: more than what rides along.
    soon = Order.objects.filter(next_at__lte=Now() + timedelta(hours=1))
    soon.update(next_at=Now() + timedelta(hours=2))
    chosen = Order.objects.filter(pk__in=[order.pk for order in due])
    chosen.update(next_at=Now() - timedelta(seconds=1))
    before, started, told = vendor.calls["status"], time.monotonic(), 0
    while answered := orders.track(provider_id=provider_id):
        told += answered
    calls = vendor.calls["status"] - before
    print(
        f"  {len(due)} due, {size} ids a call: {calls} calls, "
        f"⌈{len(due)}/{size}⌉ = {-(-len(due) // size)}; {told} orders told "
        f"({(time.monotonic() - started) / max(calls, 1) * 1000:.0f} ms a call)"
    )
