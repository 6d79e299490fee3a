"""Whole journeys of buying, in a real browser, as different people walk them."""

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from ledger.queries import balance
from orders.enums import RequestKind, Status
from orders.models import Draft, Order, OrderRequest
from provider.models import Service
from tests.content.writing import publish_terms
from tests.factories import LINK, make_customer, make_order, make_service
from tests.fixtures import Upstream
from tests.pages.rows import make_orders
from tests.pages.walking import (
    DESK_ENGLISH,
    DESK_PLAIN,
    PHONE_KOREAN,
    PHONE_PLAIN,
    Walker,
    complete,
    deliver,
    every_way,
    number_in,
    start,
    submit,
    ways,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings", "demo"),
]
Open = Callable[..., Page]


@pytest.fixture
def demo(settings: Settings, live_server: LiveServer) -> None:
    """Offer the test gateway, which sends customers back to this server."""
    settings.DEMO = True
    settings.SITE_URL = live_server.url
    cache.clear()


def pay(walker: Walker, amount: str) -> None:
    """From the form of adding funds to the gateway and back."""
    walker.fits()
    if amount:
        walker.fill("Amount", amount)
    walker.press("Continue to pay")
    walker.page.wait_for_url("**/payments/test/**")
    walker.press("Pay")
    walker.page.wait_for_url("**/funds/**")
    walker.sees("The payment has arrived, and is on your balance.")
    walker.fits()


@every_way
def test_from_signing_up_to_a_refill(
    upstream: Upstream, open_page: Open, audit: Callable[[], list[str]], way: str
) -> None:
    publish_terms(en="Be honest.", ko="정직하게.")
    service = Service.objects.filter(
        type="default", active=True, off_reason="", refill=True
    )[0]
    walker = start(open_page, way)
    page = walker.page
    page.goto("/")
    page.locator("main").get_by_role(
        "link", name=walker.words("Create an account")
    ).first.click()
    page.locator('input[name="email"]').fill("new@example.com")
    page.locator('input[name="password1"]').fill("correct horse battery")
    page.locator('input[name="terms"]').check()
    walker.fits()
    walker.press("Create an account")

    walker.go_to("Add funds")
    pay(walker, "25")
    customer = User.objects.get(email="new@example.com")
    assert balance(customer=customer) == 25

    walker.follow("Look at the services")
    page.get_by_role("searchbox").fill(str(service.pk))
    if not walker.scripts:
        walker.press("Search")
    page.locator(f'main a[href="/services/{service.pk}/"]').first.click()
    walker.fill("Link", LINK)
    walker.field("Quantity").press_sequentially(str(service.min))
    if not walker.scripts:
        walker.press("Calculate")
    walker.sees("Balance after", within="#quote")
    walker.fits()
    walker.press("Place order")
    walker.sees("Order received")
    walker.fits()
    order = Order.objects.get()
    assert number_in(page.url) == order.pk

    submit(order)
    for seconds, words in [(30, "In progress"), (200, "Completed")]:
        deliver(upstream, order, seconds)
        walker.awaits(words, within="#order-page")
    walker.press("Ask for a refill")
    walker.fits()
    asked = OrderRequest.objects.get(kind=RequestKind.REFILL, order=order)

    walker.go_to("Refills")
    walker.sees("Order %(number)s", number=order.pk)
    walker.sees("Refill %(number)s", number=asked.pk)
    walker.fits()
    assert balance(customer=customer) == 25 - order.charge
    assert audit() == []


@ways(DESK_ENGLISH, DESK_PLAIN)
def test_a_balance_too_low_is_filled_up_and_the_order_goes_on(
    open_page: Open, way: str
) -> None:
    service = make_service()
    customer = make_customer("low@example.com", credit="1")
    walker = start(open_page, way, customer)
    page = walker.page
    page.goto(f"/services/{service.pk}/")
    walker.fill("Link", LINK)
    walker.field("Quantity").press_sequentially("5000")
    walker.fill("Your reference (optional)", "Spring")
    if not walker.scripts:
        walker.press("Calculate")
    walker.press("Add %(amount)s and order", amount="$9.00")
    expect(walker.field("Amount")).to_have_value("9")
    walker.sees("Your order of “%(name)s” is kept.", name=service.name)
    pay(walker, "")
    walker.follow("Continue")

    expect(walker.field("Link")).to_have_value(LINK)
    expect(walker.field("Quantity")).to_have_value("5000")
    expect(page.locator("#quote")).to_contain_text("$10.00")
    assert Order.objects.count() == 0
    walker.press("Place order")
    walker.sees("Order received")
    order = Order.objects.get()
    assert (order.reference, order.charge) == ("Spring", 10)
    assert balance(customer=customer) == 0
    assert Draft.objects.count() == 0

    # Who goes back finds an empty form: what was kept is ordered.
    page.go_back()
    expect(walker.field("Link")).to_have_value("")
    assert Order.objects.count() == 1


@ways(PHONE_KOREAN, PHONE_PLAIN)
def test_many_lines_are_checked_chosen_and_ordered_once(
    open_page: Open, way: str
) -> None:
    service = make_service()
    customer = make_customer("many@example.com", credit="20")
    make_order(customer, service, {"link": f"{LINK}/twin", "quantity": "1000"})
    walker = start(open_page, way, customer)
    page = walker.page
    page.goto("/orders/mass/")
    lines = [
        f"{service.pk} | {LINK}/one | 1000",
        f"{service.pk} | {LINK}/two | few",
        f"{service.pk} | {LINK}/twin | 1000",
        f"{service.pk} | {LINK}/three | 2000 | Spring",
    ]
    walker.fill("One order a line", "\n".join(lines))
    walker.press("Check the list")
    walker.fits()
    boxes = page.locator('input[name="line"]')
    expect(boxes).to_have_count(3)
    expect(page.locator("ol > li").nth(2)).to_contain_text(str(Order.objects.get().pk))
    expect(page.locator("#sum")).to_contain_text("$8.00")
    page.locator('input[name="line"][value="3"]').uncheck()
    if not walker.scripts:
        walker.press("Calculate")
    expect(page.locator("#sum")).to_contain_text("$6.00")
    page.locator('button[value="order"]').click()
    placed = page.locator("main ol a.link")
    expect(placed).to_have_count(2)
    walker.fits()
    assert Order.objects.count() == 3
    assert balance(customer=customer) == 12

    # Sent once more, the same two orders have come of it, and a look says so.
    page.reload()
    expect(placed).to_have_count(2)
    walker.press("Check again")
    expect(page.locator("main ol")).not_to_contain_text("/three")
    assert Order.objects.count() == 3
    assert balance(customer=customer) == 12


@ways(DESK_ENGLISH, DESK_PLAIN)
def test_ticked_orders_are_cancelled_and_taken_home(open_page: Open, way: str) -> None:
    customer = make_customer("ticks@example.com", credit="100")
    done, first, second = make_orders(customer, 3)
    complete(done)
    walker = start(open_page, way, customer)
    page = walker.page
    page.goto("/orders/")
    for order in (done, first):
        page.locator(f'input[name="order"][value="{order.pk}"]').check()
    walker.fits()
    page.locator("main summary", has_text=walker.words("Cancel")).click()
    walker.press("Yes, cancel what is ticked")
    walker.sees("%(done)s of %(total)s done", done=1, total=2)
    rows = page.locator("main li")
    expect(rows).to_have_count(2)
    walker.fits()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.CANCELED, Status.PENDING)
    assert balance(customer=customer) == 96

    walker.follow("Back to the orders")
    page.locator(f'input[name="order"][value="{first.pk}"]').check()
    page.locator(f'input[name="order"][value="{second.pk}"]').check()
    with page.expect_download() as download:
        walker.press("CSV")
    text = download.value.path().read_text("utf-8-sig")
    numbers = [line.split(",")[0] for line in text.splitlines()[1:]]
    assert numbers == [str(second.pk), str(first.pk)]


def test_an_order_is_placed_without_touching_the_mouse(open_page: Open) -> None:
    make_service(name="Film")
    wanted = make_service(name="Film with sound")
    walker = start(
        open_page, DESK_ENGLISH, make_customer("keys@example.com", credit="50")
    )
    page = walker.page
    page.goto("/orders/new/")
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    keys.press("/")
    keys.type("sound")
    expect(page.locator("[data-shop-result]")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("#chosen h1")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"/services/{wanted.pk}/$"))
    tab_to(page, "input[name=link]")
    keys.type(LINK)
    tab_to(page, "input[name=quantity]")
    keys.type("1000")
    expect(page.locator("#quote")).to_contain_text("$2.00")
    tab_to(page, "#order .btn-primary")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Order received")).to_be_visible()
    order = Order.objects.get()
    # On to its cancel, still without a mouse.
    tab_to(page, "#order-page details > summary")
    keys.press("Enter")
    tab_to(page, "#order-page .btn-error")
    keys.press("Enter")
    expect(page.locator("#order-page")).to_contain_text("Canceled")
    order.refresh_from_db()
    assert order.status == Status.CANCELED


def tab_to(page: Page, selector: str, most: int = 40) -> None:
    """Press Tab until something is reached; what is not, is not to be reached by keys."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")
