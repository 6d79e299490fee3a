"""An hour's worth of trade: 1,000 orders with all outcomes, and the audit after it.

The sandbox runs in this process, its clock moved by hand, so that an hour takes seconds;
the calls are real HTTP.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now

from orders import actions as orders
from orders.errors import OrderError
from orders.models import Order, OrderRequest
from provider import actions as providers
from provider.models import Service
from sandbox.catalogue import DEMO_FILE, load
from sandbox.server import running
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from shop.auditing import broken
from tests.factories import make_customer

ORDERS = 1000
ENDINGS = (
    "complete",
    "complete",
    "complete",
    "partial",
    "cancel",
    "fail",
    "refuse",
    "slow",
)
STEPS = 40


def run() -> None:
    """Trade, then print how the orders ended and what the audit finds."""
    now = 1_000_000.0
    vendor = Vendor(
        load(DEMO_FILE),
        Terms(key="practice", speed=900, deposit=Decimal(10_000_000)),
        clock=lambda: now,
    )
    started = time.monotonic()
    with running(vendor) as address:
        provider = providers.add_provider(
            name="trade",
            url=f"{address}/api/v2",
            key="practice",
            currency="USD",
            publish=True,
            calls_per_minute=30_000,
        )
        providers.sync(provider=provider)
        _place(ORDERS, provider.pk)
        for step in range(STEPS):
            _work(provider.pk)
            if step == 2:
                _cancel_some()
            if step == STEPS // 2:
                _refill_some()
            now += 250
    seconds = time.monotonic() - started
    print(f"{ORDERS} orders in {seconds:.1f} s:")
    for (status, submission), count in sorted(
        Counter(Order.objects.values_list("status", "submission")).items()
    ):
        print(f"  {count:5} {status}, {submission}")
    asked = Counter(OrderRequest.objects.values_list("kind", "state", "status"))
    for (kind, state, status), count in sorted(asked.items()):
        print(f"  {count:5} {kind} {state} {status}")
    findings = list(broken())
    accepted = Order.objects.filter(submission="accepted").count()
    print(f"  upstream has {len(vendor.orders)} orders, {accepted} are accepted here")
    print(f"  flagged: {Order.objects.filter(flagged_at__isnull=False).count()}")
    print(f"  audit: {findings or 'all promises hold'}")


def _place(count: int, provider_id: int) -> None:
    services = list(
        Service.objects.filter(
            off_reason="", type__in=("default", "package"),
            routes__offer__provider_id=provider_id,
        )
    )  # fmt: skip
    customers = [make_customer(credit="1000000") for _ in range(20)]
    for number in range(count):
        service = services[number % len(services)]
        ending = ENDINGS[number % len(ENDINGS)]
        raw = {"link": f"https://example.com/{number}#{ending}"}
        if service.type == "default":
            raw["quantity"] = str(min(service.min * 7, service.max))
        orders.place_order(
            customer=customers[number % 20], service_id=service.pk, raw=raw
        )


def _work(provider_id: int) -> None:
    """Do what the workers do, with everything due at once."""
    due = Order.objects.filter(next_at__isnull=False)
    due.filter(submission="queued").update(next_at=Now())
    for order_id in due.filter(submission="queued").values_list("pk", flat=True):
        orders.submit(order_id=order_id)
    while orders.send_requests(provider_id=provider_id):
        pass
    due.filter(submission="accepted").update(next_at=Now(), misses=F("misses"))
    while orders.track(provider_id=provider_id):
        pass
    OrderRequest.objects.filter(state="accepted", closed_at=None).update(next_at=Now())
    orders.track_refills(provider_id=provider_id)


def _cancel_some() -> None:
    _ask(orders.cancel_order, Order.objects.open()[:60])


def _refill_some() -> None:
    _ask(orders.request_refill, Order.objects.filter(status="completed")[:60])


def _ask(action: Callable[..., object], found: Iterable[Order]) -> None:
    """Have each order's customer ask; refusals are part of the trade."""
    for order in found:
        try:
            action(order=order, by=order.customer)
        except OrderError:
            continue
