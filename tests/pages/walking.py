"""Somebody who walks through the shop in a browser, and reads it in their language.

Words are given as the code has them, and looked for as the page says them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from accounts.actions import choose_language
from accounts.models import User
from orders import actions
from orders.enums import Status, Submission
from orders.models import Order
from tests.fixtures import Upstream
from tests.orders.acting import make_due

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


# Each way that people have: a size, a language, a theme, with scripts or without.
WAYS: dict[str, dict[str, Any]] = {
    "at a desk": {"viewport": DESK},
    "on a phone in Korean in the dark": {
        "viewport": PHONE,
        "locale": "ko",
        "color_scheme": "dark",
    },
    "on a phone without scripts": {"viewport": PHONE, "java_script_enabled": False},
    "at a desk in Korean without scripts": {
        "viewport": DESK,
        "locale": "ko",
        "java_script_enabled": False,
    },
}
DESK_ENGLISH, PHONE_KOREAN, PHONE_PLAIN, DESK_PLAIN = WAYS
every_way = pytest.mark.parametrize("way", WAYS)


def ways(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("way", names)


@dataclass
class Walker:
    """A window, the language that it speaks, and whether it runs scripts."""

    page: Page
    language: str = "en"
    scripts: bool = True

    def words(self, text: str, **given: object) -> str:
        """Return a text as the page says it."""
        with override(self.language):
            return gettext(text) % given if given else gettext(text)

    def press(self, text: str, **given: object) -> None:
        name = self.words(text, **given)
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, text: str, within: str = "main") -> None:
        link = self.page.locator(within).get_by_role("link", name=self.words(text))
        link.first.click()

    def fill(self, label: str, value: str) -> None:
        self.field(label).fill(value)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(self.words(label), exact=True)

    def go_to(self, text: str) -> None:
        """Go to a page by the sidebar where there is one, else by the menu."""
        link = self.page.get_by_role("link", name=self.words(text), exact=True)
        if not link.filter(visible=True).count():
            self.open_menu()
        link.filter(visible=True).first.click()

    def open_menu(self) -> None:
        self.page.get_by_label(self.words("Menu"), exact=True).click()

    def sees(self, text: str, within: str = "main", **given: object) -> None:
        """See a text in a region; where it comes by scripts, without a reload."""
        expect(self.page.locator(within)).to_contain_text(self.words(text, **given))

    def awaits(self, text: str, within: str = "main", **given: object) -> None:
        """See a text that comes by itself where scripts run, and else by a reload."""
        if not self.scripts:
            self.page.reload()
        self.sees(text, within, **given)

    def fits(self) -> None:
        """See that nothing hangs over the edge, and that the language is the right one."""
        # Whatever was pressed last may lead to another page, which is waited for.
        self.page.wait_for_load_state("load")
        whole = self.page.locator("html")
        expect(whole).to_have_attribute("lang", self.language)
        size = self.page.viewport_size
        width = whole.evaluate("element => element.scrollWidth")
        assert size is not None
        assert width <= size["width"], f"{self.page.url} is wider than the window"

    def log_in(self, email: str, password: str = "a good password") -> None:
        self.page.goto("/account/login/")
        self.fill("Email", email)
        self.page.locator('input[name="password"]').fill(password)
        self.page.locator("main").get_by_role(
            "button", name=self.words("Log in"), exact=True
        ).click()


def start(
    open_page: Callable[..., Page], way: str, customer: User | None = None
) -> Walker:
    """Open a window for somebody who walks in one of the ways."""
    options = WAYS[way]
    language = options.get("locale", "en")
    if customer:
        choose_language(user=customer, language=language)
    page = open_page(customer, **options)
    return Walker(page, language, options.get("java_script_enabled", True))


def submit(order: Order) -> None:
    """Do what the worker does when the doorbell rings for a new order."""
    actions.submit(order_id=order.pk)


def deliver(upstream: Upstream, order: Order, seconds: float) -> None:
    """Let time pass at the provider, and ask it what came of an order."""
    upstream.clock.forward(seconds)
    make_due(order)
    actions.track(provider_id=upstream.provider.pk)


def number_in(address: str) -> int:
    """Return the number of what a page is about."""
    found = re.search(r"/(\d+)/", address)
    assert found, address
    return int(found[1])


def complete(order: Order) -> None:
    """Make an order one that was accepted and is completed."""
    offer = order.service.routes.get().offer
    Order.objects.filter(pk=order.pk).update(
        status=Status.COMPLETED,
        submission=Submission.ACCEPTED,
        provider=offer.provider,
        upstream_id=str(9000 + order.pk),
        finished_at=order.created_at,
        next_at=None,
        remains=0,
    )
