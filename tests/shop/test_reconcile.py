"""`manage.py reconcile`: a table per provider, the orders that differ, and how it ends."""

from datetime import timedelta

import pytest
from django.core.management.base import CommandError

from orders.models import ProviderDay
from orders.reconciliation import today
from provider.models import Provider
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_provider
from tests.orders.acting import Script, says, tracked
from tests.orders.bookkeeping import (
    buy,
    complete,
    pass_a_day,
    read_balance,
    send_funds,
)
from tests.orders.conftest import script
from tests.shop.commands import run, run_badly

__all__ = ["script"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Provider:
    provider = make_provider(name="Northwind")
    read_balance(provider, "0")
    pass_a_day()
    return provider


def test_equal_books_end_well(script: Script, provider: Provider) -> None:
    send_funds(provider, "50")
    complete(script, buy(script, provider))
    buy(script, provider)
    read_balance(provider, "48")

    assert run("reconcile") == [
        f"Northwind, {today()}, USD",
        "  funds sent       50",
        "  cost booked      2",
        "  charged upstream 1",
        "  charge not named 1",
        "  our book         +48 (0 → 48)",
        "  balance upstream +48 (0 → 48)",
        "  unexplained      0",
        "The books agree.",
    ]


def test_what_is_unexplained_ends_badly(provider: Provider) -> None:
    read_balance(provider, "-3.5")

    lines, error = run_badly("reconcile", "Northwind")

    assert lines[-2:] == [
        "  balance upstream -3.5 (0 → -3.5)",
        "  unexplained      -3.5",
    ]
    assert error == "The books differ: Northwind."


def test_each_order_that_differs_is_a_line(script: Script, provider: Provider) -> None:
    charged = buy(script, provider, "901")
    tracked(script, charged, says(UpstreamStatus.IN_PROGRESS, charge="1.5"))
    silent = complete(script, buy(script, provider, "902"), charge=None)
    read_balance(provider, "-2.5")

    lines, error = run_badly("reconcile")

    assert lines[-2:] == [
        (
            f"  order {charged.pk} (901 upstream): 1 booked, 1.5 charged: "
            "charged otherwise so far; settled when the order ends"
        ),
        (
            f"  order {silent.pk} (902 upstream): 1 booked, up to 1 charged: "
            "ended, and the provider never named a charge"
        ),
    ]
    assert error == "The books differ: Northwind."


def test_only_the_provider_that_is_named_is_looked_at(provider: Provider) -> None:
    read_balance(make_provider(name="Southwind"), "0")
    read_balance(provider, "7")

    lines = run("reconcile", "Southwind")

    assert [line for line in lines if "wind" in line] == [f"Southwind, {today()}, USD"]


def test_without_two_readings_there_is_nothing_to_compare() -> None:
    read_balance(make_provider(), "7")

    lines = run("reconcile")

    nothing = "– (no two readings of the balance)"
    assert lines[5:] == [
        f"  our book         {nothing}",
        f"  balance upstream {nothing}",
        "  unexplained      –",
        "The books agree.",
    ]


def test_a_span_of_days_ends_with_the_one_that_is_named(provider: Provider) -> None:
    read_balance(provider, "7")
    yesterday = today() - timedelta(days=1)

    lines = run("reconcile", "--date", str(yesterday), "--days", "3")

    assert lines[0] == f"Northwind, {today() - timedelta(days=3)} to {yesterday}, USD"
    assert lines[-1] == "The books agree."


def test_the_books_of_today_are_closed_first(provider: Provider) -> None:
    run("reconcile")

    assert ProviderDay.objects.filter(date=today()).count() == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("Nobody",), "There is no provider with books called Nobody."),
        (("--date", "yesterday"), "yesterday is no day; write it as YYYY-MM-DD."),
        (("--date", "2026-02-30"), "2026-02-30 is no day; write it as YYYY-MM-DD."),
        (("--date", "9999-01-01"), "9999-01-01 has not come yet."),
        (("--days", "0"), "--days takes a number of days, from 1 on."),
        (("--days", "999999999"), "--days takes a number of days, from 1 on."),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(
    provider: Provider, arguments: tuple[str, ...], error: str
) -> None:
    assert run_badly("reconcile", *arguments) == ([], error)


def test_without_a_provider_it_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="add one: add_provider"):
        run("reconcile")
