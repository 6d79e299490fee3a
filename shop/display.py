"""Money as a customer likes to see it: in another currency, beside what is paid.

Only for the eye. What is paid, exported or written on a receipt is the shop's currency.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings

from shop.money import show_about

# What one of a currency costs in the shop's; None where nobody said lately.
Rates = Callable[..., Decimal | None]


@dataclass
class Display:
    """The currency that a customer chose, and its rate, read when it is first needed."""

    currency: str
    rates: Rates

    @cached_property
    def rate(self) -> Decimal | None:
        return self.rates(base=self.currency)

    def show(self, amount: Decimal) -> str:
        """Return about what `amount` of the shop's currency is; "" where nobody knows."""
        if self.rate is None:
            return ""
        return "≈ " + show_about(amount, self.rate, self.currency)


_display: ContextVar[Display | None] = ContextVar("display", default=None)


@contextmanager
def seen_in(currency: str, rates: Rates) -> Iterator[None]:
    """Show money in `currency` too, within; in the shop's alone where it is empty."""
    other = bool(currency) and currency != settings.SHOP_CURRENCY
    token = _display.set(Display(currency, rates) if other else None)
    try:
        yield
    finally:
        _display.reset(token)


def about(amount: Decimal) -> str:
    """Return about what `amount` is in the currency that was chosen, or ""."""
    display = _display.get()
    return display.show(amount) if display else ""
