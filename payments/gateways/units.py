"""Amounts as gateways write them, exactly: nothing is rounded here.

How many decimals a currency has is ISO 4217's list, as cards know it.
"""

from decimal import Decimal

from payments.gateways.protocol import GatewayError
from shop.money import has_places

# https://docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX",
        "VND", "VUV", "XAF", "XOF", "XPF",
    }
)  # fmt: skip
# https://docs.stripe.com/currencies#three-decimal
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def places(currency: str) -> int:
    """Return how many decimals an amount of `currency` has at most."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def to_minor(amount: Decimal, currency: str) -> int:
    """Return `amount` in the smallest units of `currency`: 1250 for $12.50, 500 for ₩500.

    Raises GatewayError where a part of it would be lost: nothing is sent then.
    """
    _insist_on_places(amount, places(currency))
    return int(amount.scaleb(places(currency)))


def from_minor(amount: int, currency: str) -> Decimal:
    """Return what so many of the smallest units of `currency` are: $12.50 for 1250."""
    return Decimal(amount).scaleb(-places(currency))


def write_amount(amount: Decimal, decimals: int) -> str:
    """Return `amount` with so many decimals: "12.50" with two, "500" with none.

    Raises GatewayError where a part of it would be lost: nothing is sent then.
    """
    _insist_on_places(amount, decimals)
    return f"{amount:.{decimals}f}"


def _insist_on_places(amount: Decimal, decimals: int) -> None:
    if not has_places(amount, decimals) or amount <= 0:
        raise GatewayError(
            f"{amount} is no amount of {decimals} decimals.", unknown=False
        )
