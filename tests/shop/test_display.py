"""Money as it is seen, beside what is paid."""

from decimal import Decimal

import pytest

from shop.display import about, seen_in
from shop.money import show_about
from shop.templatetags.money import both, seen, seen_short

RATES = {"KRW": Decimal("0.0007"), "EUR": Decimal("1.25")}


def rate(*, base: str) -> Decimal | None:
    return RATES.get(base)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1.25", "EUR", "€1.00"),
        ("0.0012", "EUR", "€0.00096"),
        ("-5", "EUR", "−€4.00"),
        ("0", "EUR", "€0.00"),
        ("1", "KRW", "₩1,429"),
        ("0.001", "KRW", "₩1.43"),
    ],
)
def test_an_amount_is_told_about_in_another_currency(
    amount: str, currency: str, text: str
) -> None:
    assert show_about(Decimal(amount), RATES[currency], currency) == text


def test_the_own_amount_stands_beside_what_is_seen() -> None:
    with seen_in("EUR", rate):
        assert both(Decimal("2.5")) == "$2.50 (≈ €2.00)"
        assert seen(Decimal("2.5")) == (
            '<span title="$2.50">≈ €2.00<span class="sr-only"> ($2.50)</span></span>'
        )
        assert "$2.50" in seen_short(Decimal("2.509"))
    assert about(Decimal(1)) == ""


@pytest.mark.parametrize("currency", ["", "USD", "JPY"])
def test_without_another_currency_or_its_rate_only_the_own_is_shown(
    currency: str,
) -> None:
    with seen_in(currency, rate):
        assert both(Decimal("2.5")) == seen(Decimal("2.5")) == "$2.50"
