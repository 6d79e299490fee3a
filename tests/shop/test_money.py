"""Rounding, keeping and showing money. What prices come to is in tests/provider."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from shop import money
from shop.money import MoneyField, RateField

NOISE = Decimal("5e-11")


def kept(value: object, field: type[MoneyField] = MoneyField) -> object:
    """Return what a field hands to the database for `value`."""
    return field().get_db_prep_save(value, connection)


@pytest.mark.parametrize("value", [0.1, 1.0, float("nan")])
def test_a_float_is_never_money(value: float) -> None:
    with pytest.raises(ValidationError, match="never a float"):
        kept(value)


@pytest.mark.parametrize("value", ["0.000000001", "1e-9", "NaN", "Infinity"])
def test_a_ninth_decimal_is_an_error_rather_than_a_rounding(value: str) -> None:
    with pytest.raises(ValidationError, match="more than 8 decimals"):
        kept(Decimal(value))


@pytest.mark.parametrize(
    "value", ["0", "0.00000001", "1.10000000000000", "1E+3", "-5", "999999999999"]
)
def test_what_has_eight_decimals_is_kept(value: str) -> None:
    assert Decimal(str(kept(Decimal(value)))) == Decimal(value)


def test_nothing_is_kept_as_nothing() -> None:
    assert kept(None) is None


def test_a_rate_keeps_twenty_decimals() -> None:
    rate = Decimal("0.12345678901234567890")

    assert Decimal(str(kept(rate, RateField))) == rate
    with pytest.raises(ValidationError, match="more than 20 decimals"):
        kept(Decimal("1e-21"), RateField)


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [
        ("0.100001", "0.00001", "0.10001"),
        ("0.1", "0.00001", "0.1"),
        ("0.10000000005", "0.00001", "0.1"),
        ("0.10000000006", "0.00001", "0.10001"),
        ("0.10000000015", "0.00001", "0.10001"),
        ("1.01", "0.25", "1.25"),
        ("-1.01", "0.25", "-1"),
        ("0", "1", "0"),
        ("0.0000000001", "1", "1"),
        ("0.00000000001", "1", "0"),
        ("99999999999.99999999", "0.00001", "100000000000"),
    ],
)
def test_a_value_is_rounded_up_to_a_multiple_of_the_step(
    value: str, step: str, rounded: str
) -> None:
    assert money.round_up(Decimal(value), Decimal(step)) == Decimal(rounded)


@given(
    price=st.decimals(0, 10**6, places=8),
    units=st.integers(1, 10**10),
    per_package=st.booleans(),
)
def test_a_charge_covers_the_exact_price_but_for_noise(
    price: Decimal, units: int, per_package: bool
) -> None:
    charge = money.charge(price, units, per_package=per_package)

    exact = price * units / (1 if per_package else 1000)
    assert exact - NOISE <= charge < exact + Decimal("0.00001")
    assert charge == money.round_up(charge, Decimal("0.00001"))


@given(rate=st.decimals(0, 10**6, places=7), units=st.integers(1, 10**6))
def test_the_exact_price_is_never_undercut_where_it_has_ten_decimals(
    rate: Decimal, units: int
) -> None:
    exact = rate * units / 1000

    assert money.charge(rate, units, per_package=False) >= exact
    assert money.cost(rate, units, per_package=False) >= exact
    assert money.cost(rate, units, per_package=True) == rate * units


@given(rate=st.decimals(0, 10**6, places=20), units=st.integers(1, 2**31))
def test_an_expected_cost_fits_its_column_and_is_the_least_that_does(
    rate: Decimal, units: int
) -> None:
    cost = money.cost(rate, units, per_package=False)

    assert money.has_places(cost, money.PLACES)
    with localcontext(prec=80):
        exact = rate * units / 1000
        assert exact - NOISE <= cost < exact + Decimal("1e-8")


def test_a_shop_in_won_charges_whole_won(settings: Settings) -> None:
    settings.PRICE_STEP = Decimal(1)

    assert money.charge(Decimal("1234.5"), 10, per_package=False) == 13
    assert money.charge(Decimal("1234.5"), 1, per_package=True) == 1235
    assert money.due(Decimal(13), 10, 5) == 6


@given(
    units=st.integers(1, 10**6),
    cents=st.integers(0, 10**9),
    share=st.fractions(0, 1),
)
def test_a_refund_is_what_is_left_of_the_charge_after_what_came(
    units: int, cents: int, share: Fraction
) -> None:
    charge, remains = Decimal(cents).scaleb(-5), int(units * share)

    due = money.due(charge, units, remains)

    exact = charge * remains / units
    assert 0 <= due <= charge
    assert exact - Decimal("0.00001") < due <= exact + NOISE


def test_a_hundred_thousand_refunds_drift_by_nothing() -> None:
    charge, units, refunded = Decimal("1000.00001"), 100_000, Decimal(0)

    for remains in range(units + 1):
        due = money.due(charge, units, remains)
        assert due >= refunded
        refunded += due - refunded

    assert refunded == charge


def test_a_charge_that_is_no_multiple_of_the_step_is_not_refunded_below_zero(
    settings: Settings,
) -> None:
    settings.PRICE_STEP = Decimal(1)

    assert money.due(Decimal("2.5"), 100, 0) == 0


@pytest.mark.parametrize(
    ("value", "cut"),
    [("1.999999999", "1.99999999"), ("-0.000000001", "-0.00000001"), ("5", "5")],
)
def test_somebody_elses_balance_is_never_made_more(value: str, cut: str) -> None:
    assert money.cut(Decimal(value)) == Decimal(cut)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0E-8", "0"),
        ("-0.00", "0"),
        ("1E+3", "1000"),
        ("100", "100"),
        ("1.50000000", "1.5"),
        ("1E-8", "0.00000001"),
        ("-2.10", "-2.1"),
    ],
)
def test_programs_read_amounts_without_exponents_or_zeros(
    value: str, text: str
) -> None:
    assert money.plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("0", None, "$0.00"),
        ("-0.00", None, "$0.00"),
        ("0.00000001", None, "$0.00000001"),
        ("1234567.891", None, "$1,234,567.891"),
        ("-1234.5", "EUR", "−€1,234.50"),
        ("-1234.5", "KRW", "−₩1,234.5"),
        ("1000", "JPY", "¥1,000"),
        ("10000", "VND", "10,000 VND"),
        ("-1", "TRY", "-1.00 TRY"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_people_read_amounts_grouped_with_their_currency(
    language: str, amount: str, currency: str | None, shown: str
) -> None:
    with translation.override(language):
        assert money.show(Decimal(amount), currency) == shown
