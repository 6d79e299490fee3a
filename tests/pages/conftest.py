"""Pages: rendered without a gap, opened in a real browser, and silent in its console."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:
    # This file is read before Django is set up.
    from accounts.models import User

# Playwright's synchronous interface runs a loop in this thread; Django need not mind.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Undefined(str):
    """What a variable that nobody gave becomes: an error that names it."""

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"A template uses {name}, which nobody gave it.")


@pytest.fixture(autouse=True)
def undefined_variables_fail() -> Iterator[None]:
    """Make a template's undefined variable an error instead of a gap on the page."""
    engine = engines["django"].engine
    engine.string_if_invalid = Undefined("undefined")
    yield
    engine.string_if_invalid = ""


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the system's Chromium; without one the browser tests are skipped."""
    path = _chromium()
    if path is None:
        reason = "No browser: install chromium, or name one in CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return {"executable_path": path, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def context_options() -> dict[str, Any]:
    """What a test wants its browser to be: a phone, a theme, a language, no JavaScript."""
    return {}


@pytest.fixture
def open_page(
    browser: Any, live_server: LiveServer, context_options: dict[str, Any]
) -> Iterator[Callable[..., Page]]:
    """Open windows; after the test no console error or broken policy may remain."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports every 404; the one that a test asks for is none of ours.
        wanted = message.location["url"].endswith("/nothing-here/")
        if message.type == "error" and not wanted:
            problems.append(message.text)

    def open_(customer: "User | None" = None, **options: Any) -> Page:
        wanted = {"locale": "en", **context_options, **options}
        context = browser.new_context(
            base_url=live_server.url, reduced_motion="reduce", **wanted
        )
        contexts.append(context)
        if customer:
            context.add_cookies([_session(customer, live_server.url)])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def _session(customer: "User", url: str) -> Any:
    client = Client()
    client.force_login(customer)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    return {"name": cookie.key, "value": cookie.value, "url": url}


@pytest.fixture
def no_rings(rings: list[tuple[str, dict[str, object]]]) -> None:
    """Let doorbells ring in an empty house: no worker runs beside these tests."""
