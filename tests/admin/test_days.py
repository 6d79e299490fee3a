"""The providers' days in the admin: what is unexplained, and which orders differ."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import ProviderDay
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, nothing_is_written, text_of
from tests.factories import make_admin, make_provider
from tests.orders.acting import Script
from tests.orders.bookkeeping import (
    buy,
    complete,
    day_of,
    pass_a_day,
    read_balance,
)
from tests.orders.conftest import script

__all__ = ["script"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]
UNNAMED = "ended, and the provider never named a charge"


def test_a_day_shows_what_nobody_explains_and_the_orders_that_differ(
    script: Script,
) -> None:
    provider = make_provider()
    read_balance(provider, "0")
    pass_a_day()
    order = complete(script, buy(script, provider, "901"), charge=None)
    read_balance(provider, "-4.5")

    client = log_in(make_admin())
    with nothing_is_written():
        page = text_of(client.get(page_of(day_of(provider))))

    assert "−$3.50" in page
    assert page_of(order) in page
    assert UNNAMED in page


def test_a_day_with_many_differences_asks_as_often_as_one_with_one(
    script: Script,
) -> None:
    provider = make_provider()
    client = log_in(make_admin())
    complete(script, buy(script, provider), charge=None)
    read_balance(provider, "0")
    address = page_of(day_of(provider))
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _ in range(2):
        complete(script, buy(script, provider), charge=None)
    with CaptureQueriesContext(connection) as three:
        page = client.get(address)

    assert text_of(page).count(UNNAMED) == 3
    assert len(three) == len(one)


def test_the_menu_leads_to_the_days() -> None:
    page = log_in(make_admin()).get(reverse("admin:index"))

    assert list_of(ProviderDay) in text_of(page)
