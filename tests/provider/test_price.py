"""The two forms of the price, and the two roundings, are what they say."""

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provider.pricing import Rule, earns, price_of
from shop import money

pytestmark = pytest.mark.django_db

AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=20, allow_nan=False)
STEPS = st.sampled_from([Decimal(s) for s in ("0.00001", "0.01", "0.25", "1", "1000")])
PERCENT = st.decimals(min_value=0, max_value=1000, places=3, allow_nan=False)
# Each example costs a statement; the database is shared between examples on purpose.
SHARED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SHARED
@given(cost=AMOUNTS, percent=PERCENT, fixed=AMOUNTS, step=STEPS)
def test_sql_and_python_come_to_the_same_price(
    cost: Decimal, percent: Decimal, fixed: Decimal, step: Decimal
) -> None:
    rule = Rule(percent=percent, fixed=fixed, step=step)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shop_round_up(%s::numeric * (100 + %s) * 0.01 + %s, %s)",
            [cost, percent, fixed, step],
        )
        assert cursor.fetchone()[0] == price_of(cost, rule)


@SHARED
@given(
    whole=st.integers(0, 10**15),
    tail=st.sampled_from(["", "5", "49999", "50001", "50000"]),
    step=STEPS,
)
def test_sql_and_python_remove_the_same_noise(
    whole: int, tail: str, step: Decimal
) -> None:
    value = Decimal(f"{whole}{tail}").scaleb(-10 - len(tail))
    with connection.cursor() as cursor:
        cursor.execute("SELECT shop_round_up(%s::numeric, %s)", [value, step])
        assert cursor.fetchone()[0] == money.round_up(value, step)


@given(cost=AMOUNTS, percent=PERCENT, fixed=AMOUNTS, step=STEPS)
def test_a_price_by_rule_earns_its_own_markup(
    cost: Decimal, percent: Decimal, fixed: Decimal, step: Decimal
) -> None:
    rule = Rule(percent=percent, fixed=fixed, step=step, minimum_margin=percent)
    price = price_of(cost, rule)

    with localcontext(prec=60):
        assert price % step == 0
        # Noise beyond ten decimals may be rounded away.
        assert earns(price + Decimal("1e-10"), cost, rule)
        assert price - step < cost * (1 + percent / 100) + fixed + Decimal("1e-10")


@given(cost=AMOUNTS, percent=PERCENT, margin=PERCENT, step=STEPS)
def test_rounding_down_sells_below_the_floor_only_where_rounding_up_does(
    cost: Decimal, percent: Decimal, margin: Decimal, step: Decimal
) -> None:
    up = Rule(percent=percent, step=step, minimum_margin=margin)
    down = replace(up, rounding="down")

    assert price_of(cost, down) <= price_of(cost, up)
    assert earns(price_of(cost, down), cost, down) == earns(
        price_of(cost, up), cost, up
    )


@given(
    price=st.decimals(min_value="0.00001", max_value=10**5, places=5),
    units=st.integers(1, 10**6),
)
def test_a_charge_is_the_least_step_that_covers_it(price: Decimal, units: int) -> None:
    charge = money.charge(price, units, per_package=False)

    with localcontext(prec=60):
        exact = price * units / 1000
        assert charge % Decimal("0.00001") == 0
        assert exact <= charge < exact + Decimal("0.00001")


@given(
    units=st.integers(1, 10**6),
    charge=st.integers(1, 10**9).map(lambda n: Decimal(n).scaleb(-5)),
    replies=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
)
def test_refunds_add_up_to_the_last_one_whatever_came_before(
    units: int, charge: Decimal, replies: list[int]
) -> None:
    refunded = Decimal(0)
    for remains in sorted(min(reply, units) for reply in replies):
        due = money.due(charge, units, remains)
        assert refunded <= due <= charge
        refunded = due

    assert refunded == money.due(charge, units, min(max(replies), units))
    assert money.due(charge, units, 0) == 0
    assert money.due(charge, units, units) == charge


def test_the_refund_of_a_partial_order_keeps_what_was_delivered() -> None:
    # 1,000 at 0.278 per 1,000, 157 did not come.
    assert money.due(Decimal("0.278"), 1000, 157) == Decimal("0.04364")


def test_noise_does_not_cost_a_step() -> None:
    noisy = Decimal("0.10000000000000000001")

    assert money.round_up(noisy, Decimal("0.00001")) == Decimal("0.1")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("0.00125", "USD", "$0.00125"),
        ("-3", "USD", "−$3.00"),
        ("1500", "KRW", "₩1,500"),
        ("2", "SEK", "2.00 SEK"),
    ],
)
def test_people_see_every_decimal_that_matters(
    amount: str, currency: str, shown: str
) -> None:
    assert money.show(Decimal(amount), currency) == shown
