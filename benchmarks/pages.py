"""What pages cost the server: the catalogue, a search while typing, the order form.

Each at 10,000 and at 100,000 services, through Django's test client with all middleware,
as a customer with orders behind them; and the API's `services` beside them. Beside the
time there is the CPU that the web process and the database used for it, which a busy
machine does not change (Linux).
"""

import gzip
import statistics
import time
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.actions import rotate_api_key
from accounts.models import User
from benchmarks.measuring import machine, milliseconds, percentile, statements
from benchmarks.shelves import fill, use
from provider.models import Service

SIZES = (10_000, 100_000)
REPEATS = 40
TYPED = (
    "instagram followers", "유튜브 구독자", "한국인", "you tube 한국", "españa views",
    "75k", "vip no drop tiktok", "spotify", "nothing like it", "zz", "4321",
)  # fmt: skip

Pages = dict[str, list[str]]


def run() -> None:
    """Measure both sizes, and print the ratio."""
    print(machine())
    settings.ALLOWED_HOSTS = ["*"]
    customer = User.objects.create_user("reader@example.com", "a good password")
    measured = []
    for size in SIZES:
        started = time.monotonic()
        fill(size)
        use(customer)
        print(f"  {size} services (made in {time.monotonic() - started:.0f} s)")
        measured.append(_measure(customer))
    print(f"  {SIZES[1] // SIZES[0]} times the services take:")
    for name, (few, many) in {
        name: (measured[0][name], measured[1][name]) for name in measured[0]
    }.items():
        print(
            f"    {name}: {statistics.median(many) / statistics.median(few):.1f} times "
            f"(p50), {percentile(many, 0.95) / percentile(few, 0.95):.1f} times (p95)"
        )


def _pages() -> Pages:
    """Return the addresses of each kind of page, each asked for in turn."""
    typed = [word[:end] for word in TYPED for end in range(1, len(word) + 1)]
    ids = list(Service.objects.filter(active=True).values_list("pk", flat=True)[:20])
    middle = Service.objects.filter(active=True).order_by("-category_id", "id")[:5]
    deep = [f"/services/?after={service.pk}" for service in middle]
    filters = (
        "refill=1&cancel=1",
        "type=package",
        "least=30&most=31",
        "q=max&refill=1",
    )
    sorts = ("cheapest", "dearest", "fastest", "newest", "name")
    return {
        "catalogue": ["/services/", *deep],
        "catalogue, filtered": [f"/services/?{each}" for each in filters],
        "catalogue, sorted": [
            f"/services/?sort={each}{words}"
            for each in sorts
            for words in ("", "&q=max")
        ],
        "search while typing": [f"htmx:/services/?q={text}" for text in typed],
        "choosing what to order": ["/orders/new/"],
        "choosing, while typing": [f"htmx:/orders/new/?q={text}" for text in typed],
        "order form": [f"/services/{pk}/" for pk in ids],
    }


def _measure(customer: User) -> dict[str, list[float]]:
    client = Client()
    client.force_login(customer)
    measured = measure(client, _pages())
    measured["API services"] = _api(customer)
    return measured


def measure(client: Client, pages: Pages) -> dict[str, list[float]]:
    """Ask for the addresses of each kind of page in turn; print and return the times."""
    measured = {}
    for name, addresses in pages.items():
        for address in addresses:
            _get(client, address)
        seconds, cpu, sizes, counts = [], [], [0], set()
        for repeat in range(max(REPEATS, len(addresses))):
            address = addresses[repeat % len(addresses)]
            with statements() as seen:
                started, used = time.perf_counter(), _cpu()
                body = _get(client, address)
                seconds.append(time.perf_counter() - started)
                cpu.append(_cpu() - used)
            counts.add(seen.total())
            sizes.append(len(gzip.compress(body)))
        measured[name] = seconds
        print(
            f"    {name}: {milliseconds(seconds)}; CPU {milliseconds(cpu)}; "
            f"{min(counts)}–{max(counts)} queries, "
            f"at most {max(sizes) / 1024:.0f} KB compressed"
        )
    return measured


def _get(client: Client, address: str) -> bytes:
    path = address.removeprefix("htmx:")
    headers = {"HX-Request": "true"} if path != address else {}
    response = client.get(path, headers=headers)
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    return response.content


def _cpu() -> float:
    """Return the seconds of CPU of this thread and of its connection's backend."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    nanoseconds = int(Path(f"/proc/{backend}/schedstat").read_text().split()[0])
    return time.thread_time() + nanoseconds / 10**9


def _api(customer: User) -> list[float]:
    key = rotate_api_key(user=customer)
    client = Client()
    seconds, cpu = [], []
    for _ in range(3):
        started, used = time.perf_counter(), _cpu()
        client.post("/api/v2", {"key": key, "action": "services"})
        seconds.append(time.perf_counter() - started)
        cpu.append(_cpu() - used)
    print(f"    API services: {milliseconds(seconds)}; CPU {milliseconds(cpu)}")
    return seconds
