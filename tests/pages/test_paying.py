"""Adding funds in a real browser, through the test gateway and back."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from ledger.queries import balance
from payments import actions
from payments.gateways.protocol import State
from payments.models import GatewayTerms, TopUp
from tests.factories import make_customer
from tests.pages.test_browser import PHONE
from tests.pages.test_browser import _faults as faults_of
from tests.payments.paying import begin, tell

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


def go_to_gateway(page: Page) -> None:
    """Ask for 25 dollars on the form, and follow to the gateway's page."""
    page.goto("/")
    page.locator("summary[aria-label=Menu]").click()
    page.get_by_role("link", name="Add funds").first.click()
    page.get_by_label("Amount").fill("25")
    expect(page.locator("#quote")).to_contain_text("$25.00")
    page.get_by_role("button", name="Continue to pay").click()
    expect(page.get_by_role("heading", name="Test payment")).to_be_visible()


def test_funds_are_added_and_are_on_the_balance(open_page: Open) -> None:
    customer = make_customer()
    page = open_page(customer)
    go_to_gateway(page)

    page.get_by_role("button", name="Pay", exact=True).click()

    expect(page.locator("#top-up")).to_contain_text("The payment has arrived")
    expect(page.locator("#balance")).to_contain_text("$25.00")
    assert balance(customer=customer) == 25


def test_a_payment_that_is_confirmed_later_shows_by_itself(open_page: Open) -> None:
    customer = make_customer()
    page = open_page(customer)
    go_to_gateway(page)

    page.get_by_role("button", name="lose the notification").click()
    expect(page.locator("#top-up")).to_contain_text("Waiting for confirmation")
    expect(page.locator("#balance")).to_contain_text("$0.00")

    actions.ask(top_up=TopUp.objects.get())
    expect(page.locator("#top-up")).to_contain_text("The payment has arrived")
    expect(page.locator("#balance")).to_contain_text("$25.00")
    expect(page.locator("#announcement")).to_have_text("paid")
    expect(page.locator("#top-up")).not_to_have_attribute(
        "hx-trigger", re.compile("every")
    )


def test_a_payment_that_failed_adds_nothing(open_page: Open) -> None:
    customer = make_customer()
    page = open_page(customer)
    go_to_gateway(page)

    page.get_by_role("button", name="Fail").click()

    expect(page.locator("#top-up")).to_contain_text("did not succeed")
    assert balance(customer=customer) == 0


def test_without_scripts_funds_are_added_too(open_page: Open) -> None:
    customer = make_customer()
    page = open_page(customer, java_script_enabled=False)
    page.goto("/funds/")
    page.get_by_label("Amount").fill("25")
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("#quote")).to_contain_text("$25.00")
    page.get_by_role("button", name="Continue to pay").click()
    page.wait_for_url("**/payments/test/**")

    page.get_by_role("button", name="Pay", exact=True).click()

    expect(page.locator("#top-up")).to_contain_text("The payment has arrived")
    assert balance(customer=customer) == 25


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_paying_is_accessible_and_fits_a_phone(
    open_page: Open, theme: str
) -> None:
    customer = make_customer()
    GatewayTerms.objects.create(gateway="test", fee_percent=Decimal(3))
    open_, paid = begin(customer), begin(customer)
    tell(paid, State.PAID)
    tell(begin(customer), State.FAILED)
    page = open_page(customer, color_scheme=theme, viewport=PHONE)
    faults = []
    for path in ("/funds/", f"/funds/{open_.pk}/", f"/funds/{paid.pk}/", open_.url):
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        faults += [f"{path}: {fault}" for fault in faults_of(page)]
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            faults.append(f"{path}: wider than the window")
    assert faults == []
