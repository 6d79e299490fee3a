"""Single values: read exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given as property_of
from hypothesis import strategies as st

from provider.protocol.values import (
    given,
    read_amount,
    read_currency,
    read_decimal,
    read_flag,
    read_id,
    read_integer,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (23501, "23501"),
        ("23501", "23501"),
        (" 23501 ", "23501"),
        ("ord_01HG5Z", "ord_01HG5Z"),
        ("6f1c-22", "6f1c-22"),
        ("9" * 64, "9" * 64),
        ("9" * 65, None),
        (10**64, None),
        (0, None),
        ("0", None),
        ("0.0", None),
        ("", None),
        (None, None),
        (-5, None),
        ("-5", None),
        (True, None),
        (Decimal("23501.0"), None),
        (3.5, None),
        ("1,2", None),
        ("Order 5", None),
        ("error", None),
        ([5], None),
        ({"id": 5}, None),
    ],
)
def test_an_id_is_text_or_nothing(value: object, expected: str | None) -> None:
    assert read_id(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (157, 157),
        ("157", 157),
        (" 157 ", 157),
        ("-5", -5),
        (Decimal("157.0"), 157),
        ("157.00", 157),
        (10**12, 10**12),
        (10**19, None),
        ("9" * 19, None),
        ("Unknown", None),
        (Decimal("3.5"), None),
        ("3.5", None),
        (Decimal("NaN"), None),
        ("", None),
        (None, None),
        (True, None),
        ("١٢", None),
        ([1], None),
    ],
)
def test_a_whole_number_is_exact_or_nothing(
    value: object, expected: int | None
) -> None:
    assert read_integer(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.27819", "0.27819"),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (5, "5"),
        ("9.0E-5", "0.00009"),
        (".5", "0.5"),
        ("-1", "-1"),
        ("1,5", None),
        ("$5", None),
        ("1e13", None),
        ("1e999", None),
        (Decimal("Infinity"), None),
        (True, None),
        (None, None),
        ("NaN", None),
    ],
)
def test_a_decimal_is_exact_or_nothing(value: object, expected: str | None) -> None:
    assert read_decimal(value) == (expected and Decimal(expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("100.84292", "100.84292"),
        (Decimal("100.5"), "100.5"),
        (7, "7"),
        ("1,234.56", "1234.56"),
        ("1,234", "1234"),
        ("$12.50", "12.50"),
        ("-$5.00", "-5.00"),
        ("$-5.00", "-5.00"),
        ("12.50 USD", "12.50"),
        ("₩ 12,500", "12500"),
        ("R$ 3.10", "3.10"),
        ("12,50 €", "12.50"),
        ("1.234,56", "1234.56"),
        ("0,278", None),
        ("1,23,4", None),
        ("lots", None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_an_amount_may_be_written_for_people(
    value: object, expected: str | None
) -> None:
    assert read_amount(value) == (expected and Decimal(expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        ("true", True),
        ("false", False),
        ("False", False),
        ("yes", True),
        (None, None),
        ("", None),
        ("maybe", None),
        (2, None),
        ([True], None),
    ],
)
def test_a_flag_is_true_false_or_unknown(value: object, expected: bool | None) -> None:
    assert read_flag(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("USD", "USD"), (" usdt ", "USDT"), ("$", None), ("", None), (5, None)],
)
def test_a_currency_is_a_code_in_capitals(value: object, expected: str | None) -> None:
    assert read_currency(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (" Unknown ", "Unknown"),
        (Decimal("3.50"), "3.50"),
        (True, "true"),
        ({"a": [Decimal("1.5")]}, '{"a": ["1.5"]}'),
        ("x" * 300, "x" * 200),
    ],
)
def test_what_was_given_is_kept_for_people(value: object, expected: str) -> None:
    assert given(value) == expected


@property_of(JSON)
def test_no_value_makes_a_reader_fail(value: object) -> None:
    upstream_id = read_id(value)
    assert upstream_id is None or 0 < len(upstream_id) <= 64
    for read in (read_integer, read_decimal, read_amount, read_flag, read_currency):
        read(value)
    assert len(given(value)) <= 200
