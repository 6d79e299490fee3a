"""How a customer is called, and how pages speak to them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from provider.actions import set_exchange_rate
from provider.models import ExchangeRate
from tests.factories import make_customer, make_order, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
SEOUL = {"name": "Alice", "language": "ko", "time_zone": "Asia/Seoul"}


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="10")


@pytest.fixture
def hers(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_a_profile_is_kept_and_the_page_speaks_accordingly(
    hers: Client, alice: User
) -> None:
    page = hers.post("/account/", SEOUL, follow=True).content.decode()
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.time_zone) == (
        "Alice",
        "ko",
        "Asia/Seoul",
    )
    assert '<html lang="ko">' in page
    assert "Asia/Seoul" in page


@pytest.mark.parametrize(
    "wrong",
    [{"language": "xx"}, {"time_zone": "Asia/Nowhere"}, {"display_currency": "XXX"}],
)
def test_what_there_is_not_changes_nothing(
    hers: Client, alice: User, wrong: dict[str, str]
) -> None:
    set_exchange_rate(base="EUR", rate=Decimal("1.25"))
    response = hers.post("/account/", SEOUL | wrong)
    alice.refresh_from_db()
    assert response.context["form"].errors.keys() == wrong.keys()
    assert (alice.name, alice.time_zone, alice.display_currency) == ("", "", "")


def test_times_are_told_in_the_customers_own_zone(hers: Client, alice: User) -> None:
    order = make_order(customer=alice, service=make_service())
    type(order).objects.update(created_at=datetime(2026, 1, 31, 20, tzinfo=UTC))
    assert "01/31/2026 8 p.m." in hers.get("/orders/").content.decode()

    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Seoul")

    assert "02/01/2026 5 a.m." in hers.get("/orders/").content.decode()
    assert "01/31/2026" not in hers.get("/orders/").content.decode()


def test_a_zone_that_is_no_more_is_utc(hers: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Gone")
    assert "(UTC)" in hers.get("/account/").content.decode()


def test_without_rates_there_is_no_currency_to_choose(hers: Client) -> None:
    assert "display_currency" not in hers.get("/account/").context["form"].fields


def test_prices_are_seen_in_another_currency_and_paid_in_the_shops(
    hers: Client, alice: User
) -> None:
    set_exchange_rate(base="EUR", rate=Decimal("1.25"))
    service = make_service()
    hers.post("/account/", {**SEOUL, "language": "en", "display_currency": "EUR"})

    listed = hers.get("/services/").content.decode()
    assert '<span title="$2.00">≈ €1.60<span class="sr-only"> ($2.00)' in listed
    form = hers.get(f"/services/{service.pk}/?quantity=1000").content.decode()
    assert "$2.00 (≈ €1.60)" in form
    statement = hers.get("/statement/").content.decode()
    assert "$10.00" in statement
    assert "≈ €8.00" in statement
    # What moved is told in what it moved in.
    assert "+$10.00" in statement


def test_a_rate_that_is_too_old_shows_the_original(
    hers: Client, alice: User, settings: Settings
) -> None:
    set_exchange_rate(base="EUR", rate=Decimal("1.25"))
    make_service()
    User.objects.filter(pk=alice.pk).update(display_currency="EUR")
    assert "€" in hers.get("/services/").content.decode()

    ExchangeRate.objects.update(created_at=datetime(2020, 1, 1, tzinfo=UTC))

    page = hers.get("/services/").content.decode()
    assert "€" not in page
    assert "$2.00" in page
    # It stays chosen, for when there is a rate again.
    hers.post("/account/", {**SEOUL, "language": "en"})
    alice.refresh_from_db()
    assert alice.display_currency == "EUR"


def test_the_rate_is_read_once_for_a_page(hers: Client, alice: User) -> None:
    set_exchange_rate(base="EUR", rate=Decimal("1.25"))
    User.objects.filter(pk=alice.pk).update(display_currency="EUR")
    make_service()
    few = queries(hers)
    make_service()
    make_service()
    assert queries(hers) == few


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get("/services/")
    return len(captured)
