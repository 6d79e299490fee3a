"""The books of each day: ours and upstream's as of the same moment."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from ledger.queries import book
from orders import actions, tasks
from orders.models import Delivery, Order, ProviderDay
from orders.reconciliation import today
from provider.models import Provider
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_provider
from tests.orders.acting import Script, says, sending, tracked
from tests.orders.bookkeeping import (
    buy,
    complete,
    day_of,
    pass_a_day,
    read_balance,
    send_funds,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Provider:
    return make_provider()


def sums(day: ProviderDay) -> dict[str, Any]:
    names = ("book", "funds", "cost", "charged", "unnamed", "balance")
    return {name: getattr(day, name) for name in names}


def test_a_day_says_what_was_sent_booked_and_charged_and_what_is_left(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "50")
    complete(script, buy(script, provider), charge="1.2")
    buy(script, provider)

    read_balance(provider, "47.8")

    assert sums(day_of(provider)) == {
        "book": Decimal("47.8"),
        "funds": 50,
        "cost": Decimal("2.2"),
        "charged": Decimal("1.2"),
        "unnamed": 1,
        "balance": Decimal("47.8"),
    }


def test_the_row_of_today_moves_on(script: Script, provider: Provider) -> None:
    send_funds(provider, "50")
    read_balance(provider, "50")

    buy(script, provider)
    read_balance(provider, "49")

    day = ProviderDay.objects.get()
    assert (day.book, day.balance) == (49, 49)
    assert day.date == today()


def test_the_row_of_yesterday_stays_as_it_was_last_written(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "50")
    order = buy(script, provider)
    read_balance(provider, "49")
    pass_a_day()
    yesterday = ProviderDay.objects.get()

    complete(script, order, charge="1")
    send_funds(provider, "10", subject=2)
    read_balance(provider, "59")

    assert ProviderDay.objects.get(pk=yesterday.pk).__dict__ | {"_state": 0} == (
        yesterday.__dict__ | {"_state": 0}
    )
    assert sums(day_of(provider)) == {
        "book": 59,
        "funds": 10,
        "cost": 0,
        "charged": 1,
        "unnamed": -1,
        "balance": 59,
    }


def test_what_is_given_back_upstream_counts_on_the_day_of_that(
    script: Script, provider: Provider
) -> None:
    order = buy(script, provider)
    tracked(script, order, says(UpstreamStatus.IN_PROGRESS, charge="1"))
    read_balance(provider, "-1")
    pass_a_day()

    tracked(script, order, says(UpstreamStatus.CANCELED, charge="0"))
    read_balance(provider, "0")

    day = day_of(provider)
    assert (day.charged, day.cost, day.book) == (-1, -1, 0)


def test_the_book_is_that_of_the_balances_reading(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "50")
    complete(script, buy(script, provider))

    read_balance(provider, "0", minutes_ago=5)

    assert sums(day_of(provider)) == {
        "book": 0,
        "funds": 0,
        "cost": 0,
        "charged": 0,
        "unnamed": 0,
        "balance": 0,
    }


def test_what_was_booked_after_the_last_reading_of_a_day_is_the_next_days(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "50")
    read_balance(provider, "0", minutes_ago=5)
    pass_a_day()

    read_balance(provider, "50")

    assert (day_of(provider).funds, day_of(provider).book) == (50, 50)


def test_without_a_balance_the_book_is_that_of_now(provider: Provider) -> None:
    send_funds(provider, "50")

    actions.close_books()

    day = day_of(provider)
    assert (day.book, day.balance, day.balance_at) == (50, None, None)


def test_a_provider_that_we_left_is_followed_where_there_was_money(
    script: Script, provider: Provider
) -> None:
    send_funds(provider, "50")
    make_provider()
    Provider.objects.update(active=False)
    new = make_provider()

    assert actions.close_books() == 2

    followed = set(ProviderDay.objects.values_list("provider", flat=True))
    assert followed == {provider.pk, new.pk}


def test_a_cost_that_was_corrected_without_a_named_charge_is_counted_whole(
    script: Script, provider: Provider
) -> None:
    order = complete(script, buy(script, provider), charge="1.5")
    Order.objects.filter(pk=order.pk).update(upstream_charge=None)

    actions.close_books()

    assert (day_of(provider).charged, day_of(provider).unnamed) == (0, Decimal("1.5"))


@pytest.mark.parametrize(("ended", "charged"), [(True, 3), (False, 0)])
def test_an_order_that_is_charged_for_piece_by_piece_counts_once_it_ended(
    script: Script, provider: Provider, *, ended: bool, charged: int
) -> None:
    order = buy(script, provider)
    for number in (1, 2):
        Delivery.objects.create(
            order=order,
            provider=provider,
            upstream_id=f"child {number}",
            upstream_charge=Decimal(number),
            next_at=Now(),
        )
    if ended:
        complete(script, order, charge=None)

    actions.close_books()

    day = day_of(provider)
    assert (day.charged, day.unnamed) == (charged, 0 if ended else 1)


def test_an_order_that_nobody_has_accepted_is_in_no_book(
    script: Script, provider: Provider
) -> None:
    sending(script)

    actions.close_books()

    assert {day.charged for day in ProviderDay.objects.all()} == {0}


def test_each_providers_book_is_its_own(script: Script, provider: Provider) -> None:
    other = make_provider(currency="USD")
    send_funds(provider, "50")
    buy(script, other)

    actions.close_books()

    assert (day_of(provider).book, day_of(other).book) == (50, -1)
    assert day_of(other).book == book(account=other.account)


def test_the_books_are_closed_by_a_constant_number_of_statements(
    script: Script, provider: Provider
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            actions.close_books()
        return len(queries)

    buy(script, provider)
    few = statements()
    for _ in range(3):
        buy(script, make_provider())

    assert statements() == few
    assert ProviderDay.objects.count() == 4


def test_two_schedulers_close_the_books_once_in_ten_minutes(
    provider: Provider,
) -> None:
    tasks.reconcile()
    ProviderDay.objects.update(changed_at=Now() - timedelta(days=1))
    before = day_of(provider).changed_at

    tasks.reconcile()

    assert day_of(provider).changed_at == before
