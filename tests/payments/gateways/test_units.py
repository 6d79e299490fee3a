"""Amounts as gateways write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.protocol import GatewayError
from payments.gateways.units import from_minor, to_minor, write_amount

CURRENCIES = st.sampled_from(["USD", "KRW", "JPY", "BHD", "EUR"])


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.50", "USD", 1250),
        ("0.01", "USD", 1),
        ("12.5000", "USD", 1250),
        ("500", "KRW", 500),
        ("500.00", "JPY", 500),
        ("1E+3", "KRW", 1000),
        ("5.124", "KWD", 5124),
    ],
)
def test_amounts_have_the_units_of_their_currency(
    amount: str, currency: str, units: int
) -> None:
    assert to_minor(Decimal(amount), currency) == units
    assert from_minor(units, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.505", "USD"),
        ("500.5", "KRW"),
        ("0.5", "JPY"),
        ("0", "USD"),
        ("-1", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
    ],
)
def test_what_would_lose_a_part_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(GatewayError) as caught:
        to_minor(Decimal(amount), currency)
    assert not caught.value.unknown


@given(st.integers(1, 10**12), CURRENCIES)
def test_units_and_amounts_are_the_same(units: int, currency: str) -> None:
    assert to_minor(from_minor(units, currency), currency) == units


@given(st.integers(1, 10**12), st.integers(0, 3))
def test_written_amounts_are_read_as_they_were(units: int, decimals: int) -> None:
    amount = Decimal(units).scaleb(-decimals)
    text = write_amount(amount, decimals)

    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) == decimals
