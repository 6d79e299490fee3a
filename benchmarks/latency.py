"""From "place order" to accepted upstream, at an idle shop.

A real worker and scheduler on a real queue; the sandbox takes 50 ms for each answer.
"""

import time

from benchmarks.crew import Crew
from benchmarks.measuring import machine, percentile, upstream
from orders import actions as orders
from orders.models import Order
from provider import actions as providers
from provider.models import Service
from tests.factories import make_customer

ORDERS = 40
# Seconds between orders: the shop is idle before each.
PAUSE = 0.25
LONGEST = 30.0


def run() -> None:
    """Place ORDERS orders one after another and print how long acceptance took."""
    print(machine())
    with (
        upstream("--faults", "latency=50", "--balance", "1000000") as url,
        Crew() as crew,
    ):
        crew.worker(threads=16)
        crew.beat()
        provider = providers.add_provider(
            name="latency",
            url=url,
            key="practice",
            currency="USD",
            publish=True,
            calls_per_minute=6000,
        )
        providers.sync(provider=provider)
        customer = make_customer(credit="100000")
        service = Service.objects.filter(
            type="default", routes__offer__provider=provider
        )[0]
        time.sleep(3)
        seconds = []
        for number in range(ORDERS):
            started = time.monotonic()
            order = orders.place_order(
                customer=customer,
                service_id=service.pk,
                raw={
                    "link": f"https://example.com/film/{number}#complete",
                    "quantity": str(service.min),
                },
            )
            _wait(order)
            seconds.append(time.monotonic() - started)
            time.sleep(PAUSE)
    print(
        f"{ORDERS} orders, answers after 50 ms: accepted after p50 "
        f"{percentile(seconds, 0.5) * 1000:.0f} ms, p95 "
        f"{percentile(seconds, 0.95) * 1000:.0f} ms, longest {max(seconds) * 1000:.0f} ms"
    )


def _wait(order: Order) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if Order.objects.filter(pk=order.pk, submission="accepted").exists():
            return
        time.sleep(0.005)
    raise RuntimeError(f"{order} was not accepted within {LONGEST:.0f} s")
