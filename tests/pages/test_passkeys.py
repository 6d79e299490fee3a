"""A passkey in a real browser, under the shop's own policy for scripts."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.factories import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_logs_in_without_a_password(
    open_page: Callable[..., Page],
) -> None:
    alice = make_customer("alice@example.com")
    page = open_page(alice)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    page.goto("/account/2fa/webauthn/add/")
    page.get_by_label("Password").fill("a good password")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name of the passkey").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert str(Authenticator.objects.get(type="webauthn")) == "My phone"

    page.context.clear_cookies()
    page.goto("/account/login/?next=/account/2fa/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", name="Log-in and security")).to_be_visible()
    expect(page.get_by_text("My phone", exact=True)).to_be_visible()


def test_a_passkey_that_is_refused_is_told_on_the_page(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**KEY, "isUserVerified": False}},
    )
    page.goto("/account/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
