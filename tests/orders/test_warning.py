"""Whose orders bring their balance down is told so, once until it was up again."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from ledger import actions as ledger
from notices import actions as notices
from notices.enums import Kind
from notices.models import BalanceWatch, Notice
from orders import actions
from orders.actions.warning import SETTLED
from orders.models import Order
from orders.tasks import tell_of_low_balances
from tests.factories import make_customer, make_order, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
# An order costs 2.


@pytest.fixture
def no_rings(rings: list[tuple[str, dict[str, object]]]) -> None:
    """Let doorbells ring in an empty house."""


@pytest.fixture(autouse=True)
def _threshold(settings: Settings) -> None:
    settings.LOW_BALANCE = Decimal(5)
    # The first run begins at the end.
    actions.tell_of_low_balances()


@pytest.fixture
def warn() -> Callable[[], int]:
    """Tell of low balances, as if the orders were not of this moment."""

    def run() -> int:
        Order.objects.update(created_at=F("created_at") - SETTLED * 2)
        return actions.tell_of_low_balances()

    return run


def add(customer: User, amount: str, subject: int) -> None:
    ledger.credit(customer=customer, amount=Decimal(amount), subject=subject, by=None)


def warnings(customer: User) -> list[str]:
    found = Notice.objects.filter(user=customer, kind=Kind.BALANCE_LOW).order_by("id")
    return list(found.values_list("subject", flat=True))


def test_who_has_little_left_is_told_once(warn: Callable[[], int]) -> None:
    customer = make_customer(credit="6.5")
    make_order(customer)

    assert warn() == 1
    make_order(customer)
    assert warn() == 0

    assert warnings(customer) == ["Your balance is low: $4.50"]
    assert Notice.objects.get(user=customer).url == "/funds/"


def test_who_was_up_again_is_told_again(warn: Callable[[], int]) -> None:
    customer = make_customer(credit="6")
    make_order(customer)
    warn()
    add(customer, "10", 1)
    warn()

    for _ in range(5):
        make_order(customer)
    assert warn() == 1

    assert len(warnings(customer)) == 2


def test_who_has_enough_or_has_not_ordered_is_not_told(warn: Callable[[], int]) -> None:
    make_customer(credit="1")
    make_order(make_customer(credit="7"))

    assert warn() == 0

    assert not Notice.objects.exists()
    assert not BalanceWatch.objects.exists()


@pytest.mark.parametrize(("own", "told"), [("0", 0), ("1", 0), ("50", 1)])
def test_a_threshold_of_ones_own_holds(
    warn: Callable[[], int], own: str, told: int
) -> None:
    customer = make_customer(credit="6")
    notices.choose(user=customer, wishes={}, threshold=Decimal(own))
    make_order(customer)

    assert warn() == told


def test_a_shop_may_tell_nobody(warn: Callable[[], int], settings: Settings) -> None:
    settings.LOW_BALANCE = Decimal(0)
    make_order(make_customer(credit="2"))

    assert warn() == 0


def test_an_order_of_this_moment_is_looked_at_later(warn: Callable[[], int]) -> None:
    customer = make_customer(credit="6")
    make_order(customer)

    assert actions.tell_of_low_balances() == 0
    assert warn() == 1


def test_the_task_tells(warn: Callable[[], int]) -> None:
    customer = make_customer(credit="6")
    make_order(customer)
    Order.objects.update(created_at=F("created_at") - SETTLED * 2)

    tell_of_low_balances()

    assert len(warnings(customer)) == 1


def test_balances_are_noted_with_what_follows() -> None:
    with pytest.raises(RuntimeError):
        notices.note_balances(balances={}, charged=[])


def test_three_customers_take_as_many_statements_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    service = make_service()
    for many in (1, 3):
        for _ in range(many):
            make_order(make_customer(credit="6"), service)
        Order.objects.update(created_at=F("created_at") - SETTLED * 2)
        with django_assert_num_queries(13):
            actions.tell_of_low_balances()
