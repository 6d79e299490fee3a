"""Journeys around an account: two steps, tickets, reading, settling in and leaving."""

import re
from collections.abc import Callable
from decimal import Decimal
from zipfile import ZipFile

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Page, expect

from content.enums import PageKind
from notices import actions as notices
from orders.models import Order, OrderRequest
from provider.actions import set_exchange_rate
from support import actions as support
from support.models import Ticket
from tests.content.writing import publish_terms, write_page
from tests.factories import make_admin, make_customer, make_order, make_service
from tests.pages.rows import make_orders
from tests.pages.test_two_steps import PASSWORD, code
from tests.pages.walking import (
    DESK_ENGLISH,
    DESK_PLAIN,
    PHONE_KOREAN,
    PHONE_PLAIN,
    complete,
    start,
    ways,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@ways(DESK_ENGLISH, DESK_PLAIN)
def test_two_steps_are_set_up_and_asked_for(open_page: Open, way: str) -> None:
    make_customer("steps@example.com")
    walker = start(open_page, way)
    page = walker.page
    walker.log_in("steps@example.com")
    page.goto("/account/2fa/")
    page.locator('main a[href$="/totp/activate/"]').click()
    page.locator('input[name="password"]').fill(PASSWORD)
    page.locator("main form button").first.click()
    secret = page.locator("#totp-secret").inner_text()
    walker.fits()
    page.locator('input[name="code"]').fill(code(secret))
    walker.press("Switch on")
    codes = page.locator("#recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    walker.fits()

    def enter(with_code: str) -> None:
        walker.open_menu()
        page.locator("header").get_by_role(
            "button", name=walker.words("Log out"), exact=True
        ).click()
        walker.log_in("steps@example.com")
        page.locator('input[name="code"]').fill(with_code)
        page.locator('main form:has(input[name="code"]) button').click()

    # The code that set it up is used up; the clock's next one is as good.
    cache.clear()
    enter(code(secret))
    expect(page).to_have_url(re.compile("/orders/new/$"))
    enter(codes[0])
    expect(page).to_have_url(re.compile("/orders/new/$"))
    enter(codes[0])
    expect(page).to_have_url(re.compile("/account/2fa/authenticate/"))
    walker.fits()
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/account/2fa/authenticate/"))


@ways(PHONE_KOREAN, PHONE_PLAIN)
def test_a_ticket_asks_for_many_refills_and_is_answered(
    open_page: Open, way: str
) -> None:
    customer = make_customer("asks@example.com", credit="100")
    done, fresh, other = make_orders(customer, 3)
    complete(done)
    foreign = make_order()
    walker = start(open_page, way, customer)
    page = walker.page
    page.goto("/tickets/")
    walker.follow("Write to us")
    page.locator('select[name="category"]').select_option("order")
    page.locator('select[name="wish"]').select_option("refill")
    numbers = f"{done.pk}, {fresh.pk}\n{foreign.pk}"
    page.locator('textarea[name="orders"]').fill(numbers)
    page.locator('textarea[name="text"]').fill("It dropped.")
    walker.fits()
    walker.press("Send")
    walker.fits()
    said = page.locator("#ticket")
    for number in (done.pk, fresh.pk, foreign.pk):
        expect(said).to_contain_text(str(number))
    walker.sees("Incorrect order ID", within="#ticket")
    assert [asked.order for asked in OrderRequest.objects.all()] == [done]
    assert not other.requests.exists()

    support.answer(
        ticket=Ticket.objects.get(), text="All is well again.", by=make_admin()
    )
    notices.send_due()
    walker.awaits("All is well again.", within="#ticket")
    assert [message.to for message in mail.outbox if "asks@" in message.to[0]] == [
        ["asks@example.com"]
    ]
    page.goto("/orders/")
    page.locator("header").get_by_role("link", name=walker.words("Notices")).click()
    page.locator("main").get_by_role(
        "button",
        name=walker.words(
            "Ticket %(number)d: we have answered", number=Ticket.objects.get().pk
        ),
    ).first.click()
    walker.sees("All is well again.", within="#ticket")
    walker.fill("Message", "Thank you.")
    walker.press("Send")
    walker.sees("Thank you.", within="#ticket")
    walker.press("Close the ticket")
    walker.sees("This ticket is closed. Writing opens it again.")
    walker.fits()


@ways(PHONE_KOREAN, DESK_PLAIN)
def test_a_visitor_reads_the_shop_in_korean(open_page: Open, way: str) -> None:
    make_service(name="Film")
    publish_terms(en="Be honest.", ko="정직하게 써 주세요.")
    write_page(PageKind.FAQ, "why", en="Why?", ko="왜요?")
    write_page(PageKind.PAGE, "about", en="About", ko="소개")
    walker = start(open_page, way)
    for address, words in [
        ("/", "All services"),
        ("/services/", "Sort by"),
        ("/services/?q=nothing", "Nothing matches"),
        ("/faq/", "왜요?"),
        ("/pages/terms/", "정직하게 써 주세요."),
        ("/pages/about/", "소개"),
        ("/api/", "API"),
        ("/updates/", "Updates"),
        ("/account/signup/", "Have you an account already?"),
    ]:
        walker.page.goto(address)
        expect(walker.page.locator("main")).to_contain_text(walker.words(words))
        walker.fits()
        assert english_in(walker.page) == []


# Types of services have the names that programs call them by, in every language.
PLAIN = {"Custom Comments Package"}


def english_in(page: Page) -> list[str]:
    """Return sentences of three English words and more that are shown, but for code."""
    text = page.evaluate(
        """() => {
          const copy = document.body.cloneNode(true);
          const names = 'code, pre, script, [lang], select[name=type]';
          copy.querySelectorAll(names).forEach(each => each.remove());
          return copy.textContent;
        }"""
    )
    return [
        found
        for found in re.findall(r"[A-Za-z][a-z']+(?: [A-Za-z][a-z']+){2,}", text)
        if found not in PLAIN
    ]


@ways(PHONE_KOREAN, PHONE_PLAIN)
def test_an_account_is_made_ones_own_and_left(open_page: Open, way: str) -> None:
    set_exchange_rate(base="EUR", rate=Decimal("1.25"))
    customer = make_customer("leaves@example.com", credit="10")
    order = make_order(customer)
    Order.objects.update(created_at="2026-01-31T20:00:00Z")
    complete(Order.objects.get(pk=order.pk))
    walker = start(open_page, way)
    page = walker.page
    walker.log_in("leaves@example.com")
    other = open_page(customer)
    other.goto("/account/")
    expect(other).to_have_url(re.compile("/account/$"))

    page.goto("/orders/")
    day = page.locator("#orders time").first
    before = day.inner_text()
    page.goto("/account/")
    page.locator('select[name="time_zone"]').select_option("Asia/Seoul")
    page.locator('select[name="display_currency"]').select_option("EUR")
    page.locator('select[name="language"]').select_option(walker.language)
    walker.press("Save")
    walker.sees("Saved.")
    page.goto("/orders/")
    assert day.inner_text() != before
    page.goto("/services/")
    expect(page.locator("#services")).to_contain_text("€1.60")
    walker.fits()

    page.goto("/account/log-ins/")
    walker.press("Log out everywhere else")
    other.reload()
    expect(other).to_have_url(re.compile("/account/login/"))

    page.goto("/account/data/")
    with page.expect_download() as download:
        walker.press("Download (ZIP)")
    with ZipFile(download.value.path()) as file:
        assert file.testzip() is None
        assert file.namelist()

    page.locator('main a[href="/account/close/"]').click()
    if page.locator('input[name="password"]').count():
        page.locator('input[name="password"]').fill(PASSWORD)
        page.locator("main form button").first.click()
    page.locator('input[name="waive"]').check()
    page.locator('input[name="sure"]').check()
    walker.fits()
    walker.press("Close the account")
    if page.locator('input[name="password"]').count():
        page.locator('input[name="password"]').fill(PASSWORD)
        page.locator("main form button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        walker.words("Your account is closed")
    )
    walker.log_in("leaves@example.com")
    walker.fits()
    customer.refresh_from_db()
    assert customer.closed_at is not None
    walker.sees("This account is closed")
