"""Taking one's data along, and leaving."""

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import make_customer, make_order

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
PASSWORD = {"password": "a good password"}


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com")


@pytest.fixture
def hers(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_the_export_is_a_file(hers: Client, alice: User) -> None:
    response = hers.post("/account/data/download/")
    assert response.headers["Content-Type"] == "application/zip"
    assert f'"Magpie-{alice.pk}.zip"' in response.headers["Content-Disposition"]
    assert "no-store" in response.headers["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"PK")
    response.close()


def test_too_many_exports_wait(hers: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.views.own_data.MOST", 0)
    page = hers.post("/account/data/download/", follow=True).content.decode()
    assert "That was often." in page


def test_looking_takes_nothing(hers: Client) -> None:
    assert hers.get("/account/data/download/").status_code == 405


def closing(client: Client, **data: str) -> str:
    """Ask to close, give the password, and return where that leads."""
    response = client.post("/account/close/", {"sure": "on", **data})
    assert response.url == "/account/reauthenticate/?next=%2Faccount%2Fclose%2F"
    address = response.url
    return client.post(
        address, {**PASSWORD, "next": "/account/close/"}
    ).content.decode()


def test_an_account_is_closed_after_the_password(hers: Client, alice: User) -> None:
    page = closing(hers)

    assert "Your account is closed" in page
    assert re.search(r"within\s+14 days", page)
    alice.refresh_from_db()
    assert alice.closed_at is not None
    assert hers.get("/account/").status_code == 302


def test_a_wrong_password_closes_nothing(hers: Client, alice: User) -> None:
    hers.post("/account/close/", {"sure": "on"})
    hers.post("/account/reauthenticate/?next=/account/close/", {"password": "wrong"})
    alice.refresh_from_db()
    assert alice.closed_at is None


def test_what_stands_in_the_way_is_told() -> None:
    bob = make_customer(credit="100")
    make_order(customer=bob)
    client = Client()
    client.force_login(bob)
    page = client.get("/account/close/").content.decode()
    assert "Some of your orders are still open." in page
    assert 'name="sure"' not in page


def test_money_that_is_not_given_up_keeps_it_open() -> None:
    bob = make_customer(credit="5")
    client = Client()
    client.force_login(bob)

    page = closing(client)

    assert "Your account stays open." in page
    assert "$5.00 is left on your balance." in page
    bob.refresh_from_db()
    assert bob.closed_at is None
    # The proof holds for some minutes.
    page = client.post("/account/close/", {"sure": "on", "waive": "on"})
    assert "Your account is closed" in page.content.decode()


def test_without_a_tick_nothing_is_closed(hers: Client, alice: User) -> None:
    hers.post("/account/close/", {})
    page = hers.post(
        "/account/reauthenticate/", {**PASSWORD, "next": "/account/close/"}
    ).content.decode()
    assert "Please tick that you want this." in page
    alice.refresh_from_db()
    assert alice.closed_at is None


def test_who_closed_an_account_is_told_so_at_the_log_in(
    hers: Client, alice: User
) -> None:
    closing(hers)
    data = {"login": alice.email, **PASSWORD}
    page = Client().post("/account/login/", data, follow=True).content.decode()
    assert "This account is closed" in page
