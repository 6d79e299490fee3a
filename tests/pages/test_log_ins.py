"""The list of places where somebody is logged in, and the API's addresses."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import LogIn, User
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"


def browser(user: User, **headers: str) -> Client:
    client = Client(**headers)
    client.force_login(user)
    return client


def proved(user: User) -> Client:
    """Return a browser in which the password was given just now."""
    client = browser(user)
    client.post("/account/reauthenticate/", {"password": "a good password"})
    return client


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com")


def test_the_list_says_where_and_marks_this_one(alice: User) -> None:
    here, there = browser(alice), browser(alice)
    LogIn.objects.filter(pk=there.session.session_key).update(
        browser=FIREFOX, address="192.0.2.7"
    )

    response = here.get("/account/log-ins/")

    places = response.context["places"]
    assert [place.is_here for place in places] == [True, False]
    assert (places[1].browser, places[1].address) == ("Firefox, Windows", "192.0.2.7")
    assert str(there.session.session_key) not in response.content.decode()


def test_one_other_is_logged_out(alice: User) -> None:
    here, there = browser(alice), browser(alice)
    other = here.get("/account/log-ins/").context["places"][1]

    page = here.post(f"/account/log-ins/{other.number}/", follow=True)

    assert "Logged out there." in page.content.decode()
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200


def test_all_others_are_logged_out(alice: User) -> None:
    here, there = browser(alice), browser(alice)
    page = here.post("/account/log-ins/others/", follow=True)
    assert "Logged out in 1 place." in page.content.decode()
    assert there.get("/account/").status_code == 302


def test_nobody_logs_out_another(alice: User) -> None:
    hers, bobs = browser(alice), browser(make_customer())
    number = hers.get("/account/log-ins/").context["places"][0].number
    assert bobs.post(f"/account/log-ins/{number}/").status_code == 404
    assert hers.get("/account/").status_code == 200


def test_three_places_take_as_many_queries_as_one(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = browser(alice)
    here.get("/account/log-ins/")
    with django_assert_num_queries(5):
        here.get("/account/log-ins/")
    browser(alice)
    browser(alice)
    with django_assert_num_queries(5):
        here.get("/account/log-ins/")


def test_the_addresses_of_a_key_are_kept_and_shown(alice: User) -> None:
    hers = proved(alice)
    page = hers.post(
        "/account/api/", {"networks": "203.0.113.7\n2001:db8::/32"}, follow=True
    ).content.decode()
    alice.refresh_from_db()
    assert alice.api_networks == ["203.0.113.7", "2001:db8::/32"]
    assert "203.0.113.7\n2001:db8::/32</textarea>" in page


def test_what_is_no_address_is_told_and_nothing_is_kept(alice: User) -> None:
    page = proved(alice).post("/account/api/", {"networks": "here"}).content.decode()
    assert "here is neither an address nor a network." in page
    alice.refresh_from_db()
    assert alice.api_networks == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everybody_reads_how_the_api_is_used(client: Client, language: str) -> None:
    page = client.get("/api/", headers={"Accept-Language": language}).content.decode()
    assert "curl http://127.0.0.1:8000/api/v2" in page
    for action in ["services", "add", "status", "refill", "cancel", "balance"]:
        assert f"action={action}" in page
