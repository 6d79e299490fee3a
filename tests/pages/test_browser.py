"""The shop in a real browser: the journey, every theme and width, with and without help."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.actions import choose_language
from accounts.models import User
from content.enums import PageKind
from orders import actions
from orders.models import Order
from provider.models import Service
from tests.content.writing import publish_terms, write_page
from tests.factories import LINK, make_customer, make_service
from tests.fixtures import Upstream
from tests.orders.acting import make_due
from tests.pages.rows import make_busy_customer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]

Open = Callable[..., Page]
AXE = Path(__file__).with_name("axe.min.js").read_text(encoding="utf-8")
VISITORS = ["/", "/api/", "/faq/", "/news/", "/pages/terms/", "/services/?q=nothing", "/updates/", "/stop-deliveries/", "/stop-deliveries/done/", "/account/login/", "/account/signup/",
            "/account/password/reset/", "/nothing-here/"]  # fmt: skip
CUSTOMERS = ["/services/", "/services/?refill=1&sort=name&q=sub", "/orders/new/", "/orders/mass/", "/orders/drip-feed/", "/orders/subscriptions/", "/refills/", "/refunds/", "/tickets/", "/tickets/new/", "/notices/", "/account/notifications/", "/orders/", "/orders/?status=open&q=none", "/orders/?from=2026-01-01", "/statement/", "/funds/",
             "/account/", "/account/email/", "/account/password/change/", "/account/2fa/", "/account/log-ins/", "/account/api/",
             "/account/data/", "/account/close/"]  # fmt: skip
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def busy() -> User:
    customer = make_busy_customer()
    write_page(PageKind.FAQ, "why", en="Why?")
    write_page(PageKind.NEWS, "open", en="We are open")
    publish_terms()
    return customer


def every_page(customer: User) -> list[tuple[User | None, str]]:
    """Return all pages there are to see, with who sees them."""
    # Every state's words stand in the list; these pages have all the parts there are.
    telling = Order.objects.filter(status__in=["in_progress", "partial", "completed"])
    own = [f"/orders/{order.pk}/" for order in telling]
    own += [f"/tickets/{ticket.pk}/" for ticket in customer.tickets.all()]
    forms = [
        f"/services/{service.pk}/" for service in Service.objects.order_by("-pk")[:2]
    ]
    return [
        *((None, path) for path in VISITORS),
        *((customer, path) for path in [*CUSTOMERS, *own, *forms]),
    ]


def test_an_order_is_placed_and_watched_until_it_completes(
    upstream: Upstream, open_page: Open
) -> None:
    page = open_page(make_customer(credit="50"))
    page.goto("/")
    page.get_by_role("searchbox").fill("subtitles korean")
    page.get_by_role("link", name=re.compile("Subtitles in Korean, per minute")).click()
    page.get_by_label("Link").fill(LINK)
    page.get_by_label("Quantity").press_sequentially("10")
    expect(page.locator("#quote")).to_contain_text("$17.55")
    expect(page.locator("#quote")).to_contain_text("$32.45")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Order received")).to_be_visible()
    live = page.locator("#order-page")
    expect(live).to_contain_text("Pending")

    order = Order.objects.get()
    actions.submit(order_id=order.pk)
    for seconds, words in [(30, "In progress"), (200, "Completed")]:
        upstream.clock.forward(seconds)
        make_due(order)
        actions.track(provider_id=upstream.provider.pk)
        expect(live).to_contain_text(words)
    expect(page.locator("#announcement")).to_have_text(f"Order {order.pk}: Completed")
    expect(live).not_to_have_attribute("hx-trigger", re.compile("every"))


def test_a_service_is_found_and_chosen_by_keys_alone(open_page: Open) -> None:
    make_service(name="Film")
    wanted = make_service(name="Film with sound")
    page = open_page(make_customer(credit="50"))
    page.goto("/orders/new/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("film")
    expect(page.locator("[data-shop-result]")).to_have_count(2)
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Film with sound")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#chosen h1")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"/services/{wanted.pk}/$"))
    expect(page).to_have_title(re.compile("^Film with sound"))
    page.get_by_label("Link").fill(LINK)
    page.get_by_label("Quantity").press_sequentially("1000")
    expect(page.locator("#quote")).to_contain_text("$48.00")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Order received")).to_be_visible()


def test_what_htmx_put_in_place_equals_a_reload(busy: User, open_page: Open) -> None:
    page = open_page(busy)
    page.goto("/orders/")
    Order.objects.filter(status="in_progress").update(remains=5)
    expect(page.locator('#orders progress[value="995"]')).to_be_visible()
    applied = page.locator("#orders").evaluate(OUTER_HTML)
    page.reload()
    assert page.locator("#orders").evaluate(OUTER_HTML) == applied


# Without the classes that htmx adds while it works.
OUTER_HTML = """element => {
  const copy = element.cloneNode(true);
  for (const node of [copy, ...copy.querySelectorAll('*')]) {
    node.classList.remove('htmx-settling', 'htmx-added', 'htmx-swapping');
    if (!node.classList.length) node.removeAttribute('class');
  }
  return copy.outerHTML.replace(/\\s+/g, ' ');
}"""


def test_a_second_keystroke_while_the_price_is_asked_for_is_not_lost(
    open_page: Open,
) -> None:
    service = make_service()
    page = open_page()
    page.goto(f"/services/{service.pk}/")
    page.get_by_label("Quantity").fill("100")
    expect(page.locator("#quote")).to_contain_text("$0.20")
    page.get_by_label("Quantity").fill("1000")
    expect(page.locator("#quote")).to_contain_text("$2.00")


def test_fields_that_depend_on_another_are_shown_when_they_matter(
    open_page: Open,
) -> None:
    service = make_service(type="web_traffic")
    page = open_page()
    page.goto(f"/services/{service.pk}/")
    expect(page.get_by_label("Google keyword")).to_be_visible()
    expect(page.get_by_label("Referring page")).to_be_hidden()
    page.get_by_label("Where visitors come from").select_option("2")
    expect(page.get_by_label("Google keyword")).to_be_hidden()
    expect(page.get_by_label("Referring page")).to_be_visible()


def test_without_scripts_an_order_is_calculated_placed_and_cancelled(
    open_page: Open,
) -> None:
    service = make_service()
    page = open_page(make_customer(credit="50"), java_script_enabled=False)
    page.goto(f"/services/?q={service.name}")
    page.get_by_role("link", name=service.name).click()
    page.get_by_label("Link").fill(LINK)
    page.get_by_label("Quantity").fill("1000")
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("#quote")).to_contain_text("$2.00")
    expect(page.get_by_label("Link")).to_have_value(LINK)
    page.get_by_role("button", name="Place order").click()
    page.get_by_text("Cancel this order").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator("#order-page")).to_contain_text("Canceled")


def test_a_star_is_set_in_place_and_works_without_scripts_too(open_page: Open) -> None:
    service = make_service()
    customer = make_customer()
    for scripts, stars in ((True, 1), (False, 0)):
        page = open_page(customer, java_script_enabled=scripts)
        page.goto("/services/")
        star = page.get_by_role("button", name=f"Favourite: No. {service.pk}")
        star.click()
        pressed = "true" if stars else "false"
        expect(star).to_have_attribute("aria-pressed", pressed)
        assert service.favourites.count() == stars


def test_another_service_is_chosen_while_typing_and_without_scripts(
    open_page: Open,
) -> None:
    first, second = make_service(name="Film"), make_service(name="한국어 자막")
    for scripts in (True, False):
        page = open_page(java_script_enabled=scripts)
        page.goto(f"/services/{first.pk}/")
        page.get_by_text("Choose another service").click()
        search = page.get_by_role("searchbox")
        search.fill("자막")
        if not scripts:
            search.press("Enter")
        page.get_by_role("link", name="한국어 자막").click()
        expect(page.get_by_role("heading", name="한국어 자막")).to_be_visible()
        assert page.url.endswith(f"/services/{second.pk}/")


def test_the_chosen_theme_and_language_are_remembered(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    page.goto("/")
    page.get_by_label("Menu").click()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/services/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_keyboard_reaches_content_first_and_closes_menus(open_page: Open) -> None:
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    menu = page.locator("details[data-shop-menu]")
    page.get_by_label("Menu").press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(page.get_by_label("Menu")).to_be_focused()


@pytest.mark.parametrize(
    ("theme", "size"),
    [("light", DESK), ("dark", PHONE)],
    ids=["light-desk", "dark-phone"],
)
def test_every_page_is_accessible_and_fits(
    busy: User, open_page: Open, theme: str, size: dict[str, int]
) -> None:
    windows: dict[User | None, Page] = {
        person: open_page(person, color_scheme=theme, viewport=size)
        for person in (None, busy)
    }
    faults = []
    for person, path in every_page(busy):
        page = windows[person]
        page.goto(path)
        faults += [f"{path}: {fault}" for fault in _faults(page)]
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            faults.append(f"{path}: wider than the window")
    assert faults == []


def test_pages_written_from_the_right_fit_too(
    busy: User, open_page: Open, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    choose_language(user=busy, language="ar")
    faults = []
    for size in (PHONE, DESK):
        windows: dict[User | None, Page] = {
            person: open_page(person, viewport=size) for person in (None, busy)
        }
        for person, path in every_page(busy):
            if path == "/nothing-here/":
                continue
            page = windows[person]
            page.goto(f"{path}{'&' if '?' in path else '?'}lang=ar")
            if page.locator("html").get_attribute("dir") != "rtl":
                faults.append(f"{path}: from the left")
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                faults.append(f"{path}: wider than {size['width']}")
    assert faults == []


def _faults(page: Page) -> list[str]:
    """Return what axe-core finds, one line for each element."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        f"{violation['id']} {node['target']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
