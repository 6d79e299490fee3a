"""Each gateway in a real browser: from the form to its page and back, with its fake."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from ledger.queries import balance
from payments.enums import TopUpState
from payments.models import TopUp
from shop.money import show
from tests.factories import make_customer
from tests.payments.fakes.serving import Fake
from tests.payments.gateways.conftest import FAKES, serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
Open = Callable[..., Page]


@pytest.fixture(params=FAKES, ids=lambda kind: kind.name)
def fake(
    request: pytest.FixtureRequest, settings: Settings, live_server: LiveServer
) -> Iterator[Fake]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.SITE_URL = live_server.url
    settings.SHOP_CURRENCY = request.param.currency
    settings.TOPUP_LEAST = Decimal(1)
    settings.TOPUP_MOST = settings.TOPUP_FIRST_MOST = Decimal(1_000_000)
    settings.TOPUP_EARLY_MOST = Decimal(1_000_000)
    for fake in serve(request.param, settings):
        fake.webhook_url = f"{live_server.url}/payments/notify/{fake.name}/"
        yield fake


@pytest.mark.parametrize("scripts", [True, False])
def test_a_payment_goes_there_and_back(
    fake: Fake, open_page: Open, scripts: bool
) -> None:
    customer = make_customer(credit=0)
    page = open_page(customer, java_script_enabled=scripts)
    page.goto("/funds/")
    page.get_by_label("Amount").fill(fake.amount)
    page.get_by_role("button", name="Continue to pay").click()
    page.get_by_role("button", name="Pay", exact=True).click()

    expect(page.locator("#top-up")).to_contain_text("The payment has arrived")
    amount = Decimal(fake.amount)
    expect(page.locator("#balance")).to_contain_text(show(amount, fake.currency))
    assert balance(customer=customer) == amount
    top_up = TopUp.objects.get()
    assert (top_up.gateway, top_up.state) == (fake.name, TopUpState.PAID)
