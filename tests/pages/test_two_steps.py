"""Logging in in two steps: set up, asked for, and required of staff."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import actions
from accounts.models import User
from shop.crypto import decrypt

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a good password"


@pytest.fixture
def alice() -> User:
    return actions.add_user(email="alice@example.com", password=PASSWORD)


@pytest.fixture
def hers(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def prove(client: Client, page: str) -> None:
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": page})


def set_up(client: Client) -> tuple[str, list[str]]:
    """Switch the app on; return its secret and the recovery codes."""
    address = reverse("mfa_activate_totp")
    prove(client, address)
    page = client.get(address).content.decode()
    assert "data:image/svg+xml" in page
    found = re.search(r'id="totp-secret"[^>]*>([A-Z2-7]+)<', page)
    assert found
    answer = client.post(address, {"code": code(found[1])}, follow=True)
    codes = re.findall(r"<code>(\d{8})</code>", answer.content.decode())
    return found[1], codes


def log_in(client: Client) -> str:
    data = {"login": "alice@example.com", "password": PASSWORD}
    return str(client.post("/account/login/", data).url)


def test_an_app_is_set_up_and_its_secret_is_kept_encrypted(
    hers: Client, alice: User
) -> None:
    secret, codes = set_up(hers)

    assert len(codes) == 10
    kept = Authenticator.objects.get(user=alice, type="totp").data["secret"]
    assert kept != secret
    assert decrypt(kept) == secret


def test_recovery_codes_are_shown_once(hers: Client) -> None:
    _secret, codes = set_up(hers)
    page = hers.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert not any(code in page for code in codes)
    assert "10 codes are left." in page


def test_a_change_is_told_by_mail(hers: Client) -> None:
    set_up(hers)
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


def test_a_new_address_needs_a_proof(hers: Client, alice: User) -> None:
    data = {"email": "mallory@example.com", "action_add": ""}
    response = hers.post("/account/email/", data)
    assert response.url.startswith("/account/reauthenticate/")
    assert EmailAddress.objects.count() == 1

    prove(hers, "/account/email/")

    assert EmailAddress.objects.filter(email="mallory@example.com").exists()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_setting_up_needs_a_proof(hers: Client) -> None:
    response = hers.get(reverse("mfa_activate_totp"))
    assert response.url.startswith("/account/reauthenticate/")


def test_the_second_step_is_asked_for(hers: Client) -> None:
    _secret, codes = set_up(hers)
    client = Client()
    assert log_in(client) == reverse("mfa_authenticate")
    assert client.get("/account/").status_code == 302

    page = client.get(reverse("mfa_authenticate")).content.decode()
    assert "css/shop.css" in page
    refused = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Incorrect code." in refused.content.decode()
    assert client.post(reverse("mfa_authenticate"), {"code": codes[0]}).url == "/"
    assert client.get("/account/").status_code == 200


def test_the_first_second_step_ends_every_other_log_in(hers: Client) -> None:
    thief = Client()
    log_in(thief)
    assert thief.get("/account/").status_code == 200

    set_up(hers)

    assert thief.get("/account/").status_code == 302
    assert hers.get("/account/").status_code == 200


def test_a_recovery_code_works_once(hers: Client) -> None:
    _secret, codes = set_up(hers)
    first, second = Client(), Client()
    log_in(first)
    first.post(reverse("mfa_authenticate"), {"code": codes[0]})
    log_in(second)
    page = second.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert "Incorrect code." in page.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        *("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes"),
        *("mfa_view_recovery_codes", "mfa_add_webauthn", "mfa_list_webauthn"),
        *("mfa_reauthenticate", "account_reauthenticate"),
    ],
)
def test_its_pages_wear_the_shops_look(hers: Client, name: str) -> None:
    set_up(hers)
    page = hers.get(reverse(name)).content.decode()
    assert "css/shop.css" in page
    assert "style=" not in page
    # The policy lets scripts of our own address run, and data be data.
    scripts = re.findall(r"<script(?![^>]*src=)[^>]*>", page)
    assert all('type="application/json"' in script for script in scripts)
