"""What the storefront costs: every page of a customer who has ordered 100,000 times (ORDERS).

With 10,000 services in the catalogue, and ten times as many orders of others beside
theirs. Then a first visit as a browser sees it: how many requests, and how many bytes
over the wire, from the web server that the shop really runs on.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from accounts.models import User
from benchmarks.measuring import machine
from benchmarks.pages import Pages, measure
from benchmarks.shelves import fill, use
from benchmarks.years import SERVICES, live_for_years
from orders.models import Order

ORDERS = int(os.environ.get("ORDERS", "100000"))
HOST = "127.0.0.1"
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SILENT = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Where somebody may come in who has nothing of the shop yet.
FIRST = ("/", "/services/", "/account/signup/")


def run() -> None:
    """Measure pages, then first visits."""
    print(machine())
    settings.ALLOWED_HOSTS = ["*"]
    started = time.monotonic()
    fill(SERVICES)
    customer = User.objects.create_user("reader@example.com", "a good password")
    use(customer)
    others = User.objects.create_user("others@example.com", "a good password")
    live_for_years(customer, orders=ORDERS)
    live_for_years(others, orders=10 * ORDERS)
    print(f"  made in {time.monotonic() - started:.0f} s")
    client = Client()
    client.force_login(customer)
    print("  of a customer:")
    measure(client, _pages(customer))
    print("  of a visitor:")
    measure(Client(), {"home": ["/"], "services": ["/services/"]})
    _visit()


def _pages(customer: User) -> Pages:
    """Return the addresses of each kind of page, each asked for in turn."""
    numbers = Order.objects.filter(customer=customer).order_by("id")
    ids = list(numbers.values_list("pk", flat=True))
    some = ids[:: len(ids) // 20]
    deep = [f"before={pk}" for pk in some[1:]]
    pasted = "%2C".join(str(pk) for pk in some)
    return {
        "new order": ["/orders/new/"],
        "orders": ["/orders/"],
        "orders, deep": [f"/orders/?{each}" for each in deep],
        "orders by status": [
            f"/orders/?status={each}"
            for each in ("open", "completed", "partial", "canceled")
        ],
        "orders by date": ["/orders/?from=2026-01-01&to=2026-02-01"],
        "orders by words": ["/orders/?q=campaign", "/orders/?q=film%2F77"],
        "orders by words that nothing has": ["/orders/?q=nothing-like-it"],
        "orders by numbers": [f"/orders/?q={pasted}"],
        "an order": [f"/orders/{pk}/" for pk in some],
        "drip-feeds": ["/orders/drip-feed/"],
        "subscriptions": ["/orders/subscriptions/"],
        "refills": ["/refills/"],
        "refunds": ["/refunds/"],
        "mass order": ["/orders/mass/"],
        "statement": ["/statement/"],
        "statement, refunds": ["/statement/?group=refunds"],
        "statement of a month": ["/statement/?from=2026-01-01&to=2026-01-31"],
        "add funds": ["/funds/"],
        "tickets": ["/tickets/"],
        "notices": ["/notices/"],
        "account": ["/account/"],
        "data": ["/account/data/"],
    }


def _visit() -> None:
    """Let a browser that has nothing yet read some pages, each anew."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    arguments = ["granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            *arguments,
            "--log-level",
            "error",
            "shop.wsgi:application",
        ],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "PORT": str(port)},
    )
    try:
        _wait(port)
        print("  a first visit:")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=BROWSER, args=SILENT)
            for address in FIRST:
                page = browser.new_context().new_page()
                print(
                    f"    {address}: {_weigh(page, f'http://{HOST}:{port}{address}')}"
                )
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _weigh(page: Page, url: str) -> str:
    """Return what a page loads, by the browser's own count of bytes with headers."""
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.append(int(event["encodedDataLength"])),
    )
    page.goto(url, wait_until="networkidle")
    return f"{len(sizes)} requests, {sum(sizes) / 1024:.0f} KB over the wire"


def _wait(port: int) -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
