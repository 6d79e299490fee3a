"""What a payment costs and brings, before it is begun."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.conf import settings

from accounts.models import User
from payments.gateways.protocol import Gateway
from shop.money import ZERO

# Currencies without a smaller unit, as gateways count them.
_WITHOUT_CENTS = {"KRW", "JPY", "VND"}


@dataclass(frozen=True)
class Offer:
    """A payment as the customer would make it: `total` is paid, amount and bonus come."""

    gateway: Gateway
    amount: Decimal
    fee: Decimal
    bonus: Decimal

    @property
    def total(self) -> Decimal:
        return self.amount + self.fee


def smallest() -> Decimal:
    """Return the smallest sum that can be paid, in the shop's currency."""
    return Decimal(1 if settings.SHOP_CURRENCY in _WITHOUT_CENTS else "0.01")


def offer(*, customer: User, gateway: Gateway, amount: Decimal) -> Offer:
    """Return what a payment of `amount` through a gateway costs and brings."""
    return Offer(gateway=gateway, amount=amount, fee=ZERO, bonus=ZERO)


def round_fee(fee: Decimal) -> Decimal:
    """Return a fee that can be paid, rounded up."""
    return (fee / smallest()).to_integral_value(ROUND_CEILING) * smallest()
