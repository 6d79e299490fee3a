"""Placing the lines of a list: each by itself, none twice."""

from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.models import User
from ledger.queries import balance
from orders import actions
from orders.checking import Checked, check
from orders.errors import BalanceTooLowError
from orders.lines import read_lines
from orders.models import Order
from provider.models import Service
from tests.factories import LINK, make_customer, make_service

pytestmark = pytest.mark.django_db

ALL = frozenset(range(1, 10))


@pytest.fixture
def alice() -> User:
    return make_customer(credit="10")


def look(customer: User, *lines: str, token: str = "") -> list[Checked]:
    text = "\n".join(lines)
    return check(read_lines(text), customer=customer, token=token or uuid4().hex)


def shown(checked: list[Checked]) -> dict[int, Decimal]:
    return {one.service.pk: one.price for one in checked if one.service and one.price}


def test_every_chosen_line_becomes_an_order(alice: User) -> None:
    service = make_service()
    checked = look(alice, *(f"{service.pk} | {LINK}/{n} | 1000" for n in (1, 2, 3)))

    placed = actions.place_lines(
        customer=alice, checked=checked, chosen=frozenset({1, 3}), shown=shown(checked)
    )

    assert [one.order is not None for one in placed.lines] == [True, False, True]
    assert (placed.orders, placed.charged) == (2, 4)
    assert balance(customer=alice) == 6


def test_what_was_looked_at_twice_is_ordered_once(alice: User) -> None:
    service, token = make_service(), uuid4().hex
    line = f"{service.pk} | {LINK} | 1000"
    first, second = (look(alice, line, token=token) for _ in range(2))

    numbers = [
        actions.place_lines(
            customer=alice, checked=checked, chosen=ALL, shown=shown(checked)
        ).lines[0].order
        for checked in (first, second)
    ]  # fmt: skip

    assert numbers == [Order.objects.get()] * 2
    assert balance(customer=alice) == 8


def test_a_sum_above_the_balance_orders_nothing(alice: User) -> None:
    service = make_service()
    checked = look(alice, *(f"{service.pk} | {LINK}/{n} | 3000" for n in (1, 2)))

    with pytest.raises(BalanceTooLowError) as refused:
        actions.place_lines(
            customer=alice, checked=checked, chosen=ALL, shown=shown(checked)
        )

    assert refused.value.missing == 2
    assert Order.objects.count() == 0
    assert balance(customer=alice) == 10


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"min": 2000}, "At least 2000"),
        ({"active": False}, "not available"),
        ({"price": "3"}, "now costs $3.00"),
    ],
)
def test_what_changed_since_refuses_its_line_and_no_other(
    alice: User, changed: dict[str, object], says: str
) -> None:
    one, two = make_service(), make_service()
    checked = look(alice, *(f"{pk} | {LINK} | 1000" for pk in (one.pk, two.pk)))
    Service.objects.filter(pk=one.pk).update(**changed)

    placed = actions.place_lines(
        customer=alice, checked=checked, chosen=ALL, shown=shown(checked)
    )

    assert says in placed.lines[0].fault
    assert placed.lines[0].order is None
    assert Order.objects.get().service == two
    assert balance(customer=alice) == 8


def test_a_line_whose_price_was_not_seen_is_not_ordered(alice: User) -> None:
    checked = look(alice, f"{make_service().pk} | {LINK} | 1000")

    placed = actions.place_lines(customer=alice, checked=checked, chosen=ALL, shown={})

    assert "The price has changed" in placed.lines[0].fault
    assert Order.objects.count() == 0
    assert balance(customer=alice) == 10
