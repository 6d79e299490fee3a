"""Account, language, API key, logging in, and the pages for when something is wrong."""

import re
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import actions
from accounts.models import ApiKey, User
from accounts.queries import user_by_api_key
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com")


@pytest.fixture
def hers(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def made(client: Client) -> HttpResponse:
    """Ask for a key, give the password, and return the page that shows it."""
    asked = client.post("/account/api-key/")
    assert asked.url == "/account/reauthenticate/?next=%2Faccount%2Fapi-key%2F"
    return client.post(
        asked.url, {"password": "a good password", "next": "/account/api-key/"}
    )


def test_a_new_key_is_shown_once_and_works(hers: Client, alice: User) -> None:
    page = made(hers).content.decode()
    found = re.search(r'id="new-key"[^>]*>([^<]+)<', page)
    assert found
    assert user_by_api_key(key=found[1]) == alice
    assert found[1] not in hers.get("/account/api/").content.decode()


def test_the_page_with_a_new_key_is_never_stored(hers: Client) -> None:
    assert "no-store" in made(hers).headers["Cache-Control"]


def test_an_open_browser_makes_no_key_and_opens_none_to_the_world(
    hers: Client, alice: User
) -> None:
    actions.limit_api_key(user=alice, networks=["203.0.113.7"])

    hers.post("/account/api-key/")
    hers.post("/account/api/", {"networks": ""})

    alice.refresh_from_db()
    assert ApiKey.objects.count() == 0
    assert alice.api_networks == ["203.0.113.7"]


def test_a_revoked_key_is_gone(hers: Client) -> None:
    made(hers)
    page = hers.post("/account/api-key/revoke/", follow=True).content.decode()
    assert "The API key no longer works." in page
    assert ApiKey.objects.filter(revoked_at=None).count() == 0


def test_a_key_is_not_made_by_looking(hers: Client) -> None:
    assert hers.get("/account/api-key/").url == "/account/api/"
    assert ApiKey.objects.count() == 0


def test_a_language_is_kept_for_the_customer(hers: Client, alice: User) -> None:
    response = hers.post("/language/", {"language": "ko", "next": "/orders/"})
    alice.refresh_from_db()
    assert response.url == "/orders/"
    assert alice.language == "ko"
    assert '<html lang="ko">' in hers.get("/account/").content.decode()


def test_a_choice_outweighs_the_language_of_the_address(client: Client) -> None:
    client.get("/services/?q=a&lang=ko")

    data = {"language": "en", "next": "/services/?q=a&lang=ko&sort=price"}
    page = client.post("/language/", data, follow=True)

    assert page.redirect_chain == [("/services/?q=a&sort=price", 302)]
    assert '<html lang="en">' in page.content.decode()


@pytest.mark.parametrize("page", ["//evil.example/?lang=ko", "https://evil.example/"])
def test_a_choice_leads_to_no_other_shop(client: Client, page: str) -> None:
    response = client.post("/language/", {"language": "en", "next": page})
    assert response.url == "/"


def test_a_visitor_chooses_a_language_too(client: Client) -> None:
    client.post("/language/", {"language": "ko"})
    assert '<html lang="ko">' in client.get("/").content.decode()


def test_a_language_that_is_not_spoken_changes_nothing(
    hers: Client, alice: User
) -> None:
    hers.post("/language/", {"language": "xx"})
    alice.refresh_from_db()
    assert alice.language == ""


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "j:x"]
)
def test_choosing_a_language_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    response = client.post("/language/", {"language": "ko", "next": elsewhere})
    assert response.url == "/"


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "account_email_verification_sent",
        "account_inactive",
    ],
)
def test_the_pages_of_logging_in_wear_the_shops_look(client: Client, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert "css/shop.css" in page
    assert "style=" not in page


@pytest.mark.parametrize(
    "name",
    [
        *("account", "account_email", "account_change_password", "account_logout"),
        *("account_api", "account_log_ins", "account_data", "close_account"),
        *("mfa_index", "mfa_list_webauthn", "account_reauthenticate"),
    ],
)
def test_the_pages_of_the_account_wear_the_shops_look(hers: Client, name: str) -> None:
    page = hers.get(reverse(name)).content.decode()
    assert "css/shop.css" in page
    assert "style=" not in page


@pytest.mark.parametrize("demo", [True, False])
def test_only_a_demonstration_tells_how_to_log_in(
    client: Client, settings: Settings, demo: bool
) -> None:
    settings.DEMO = demo
    page = client.get("/account/login/").content.decode()
    assert ("magpie-demo" in page) == demo


def test_somebody_signs_up_and_is_logged_in(client: Client) -> None:
    data = {"email": "New@Example.com", "password1": "magpies like silver"}
    page = client.post("/account/signup/", data, follow=True).content.decode()
    assert "new@example.com" in page
    assert User.objects.get().email == "new@example.com"


def test_a_forgotten_password_is_replaced_by_mail(client: Client, alice: User) -> None:
    client.post("/account/password/reset/", {"email": alice.email})
    found = re.search(
        r"http://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body
    )
    assert found
    form = client.get(found[1], follow=True)
    new = {"password1": "magpies like silver", "password2": "magpies like silver"}
    page = client.post(form.redirect_chain[-1][0], new, follow=True).content.decode()
    assert "Your password is changed" in page
    alice.refresh_from_db()
    assert alice.check_password("magpies like silver")


def test_a_reset_link_that_was_used_says_so(client: Client) -> None:
    page = client.get("/account/password/reset/key/1-x-y/").content.decode()
    assert "This link does not work any more" in page


def test_a_page_that_is_not_there_says_so_in_the_shops_look(client: Client) -> None:
    response = client.get("/nothing-here/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_an_error_of_ours_is_told_without_the_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any, **_arguments: Any) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr("shop.views.catalogue.find", broken)
    monkeypatch.setattr("ledger.queries.balance", broken)
    response = Client(raise_request_exception=False).get("/services/")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


def test_a_form_from_elsewhere_is_refused_in_the_shops_look() -> None:
    response = Client(enforce_csrf_checks=True).post("/language/", {"language": "ko"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()
    assert "css/shop.css" in response.content.decode()
