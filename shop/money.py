"""Money: the only place that rounds and formats it.

Amounts have at most eight decimals and are never floats. Prices are per 1,000 units,
or per package. There are two roundings of what people pay: a service's price to its
rule's step, up unless the rule says otherwise, and an order's charge to PRICE_STEP, up.
"""

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    localcontext,
)
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import formats
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    DecimalField = models.DecimalField[Any, Any]
else:
    DecimalField = models.DecimalField

# Wide enough for a rate of 30 digits times a quantity of 10 without loss.
_WIDE = Context(prec=60)
_NOISE = Decimal("1e-10")
_DIRECTIONS = {"up": ROUND_CEILING, "down": ROUND_FLOOR}
PLACES = 8
# What people write without decimals.
WITHOUT_CENTS = frozenset({"KRW", "JPY", "VND"})
# Of a small amount that is told about so many digits are shown: 0.0012 is not 0.00.
_DIGITS = 3
ZERO = Decimal(0)


class MoneyField(DecimalField):
    """numeric(20,8); a ninth decimal is an error rather than a rounding."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", PLACES)
        super().__init__(*args, **kwargs)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, float):
            raise ValidationError(_("Money is never a float."))
        if isinstance(value, Decimal) and not has_places(value, self.decimal_places):
            raise ValidationError(
                _("%(amount)s has more than %(places)d decimals."),
                params={"amount": value, "places": self.decimal_places},
            )
        return super().get_db_prep_save(value, connection)


class RateField(MoneyField):
    """numeric(30,20): an upstream rate or a rate of exchange, kept as it was given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 30)
        kwargs.setdefault("decimal_places", 20)
        super().__init__(*args, **kwargs)


def has_places(value: Decimal, places: int) -> bool:
    """Return whether `value` is finite and has at most `places` decimals."""
    if not value.is_finite():
        return False
    exponent = value.normalize(_WIDE).as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -places


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """Round `value` up to a multiple of `step`, after removing noise beyond 10 decimals.

    Without the noise step, 0.1 that became 0.10000000000000000001 on its way through a
    rate of exchange would cost a whole step more.
    """
    return round_to(value, step, "up")


def round_to(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    """Round `value` to a multiple of `step`: "up", "down", or to the "nearest" one.

    Half of a step goes up. Noise is removed first, as `round_up` says. The SQL form is
    shop_round_to; a test compares the two.
    """
    with localcontext(_WIDE):
        steps = value.quantize(_NOISE, ROUND_HALF_EVEN) / step
        if rounding == "nearest":
            # ROUND_HALF_UP would round half of what is below zero down.
            return (steps + Decimal("0.5")).to_integral_value(ROUND_FLOOR) * step
        return steps.to_integral_value(_DIRECTIONS[rounding]) * step


def at_least(value: Decimal) -> Decimal:
    """Return the lowest amount of eight decimals that is not below `value`, noise and all.

    For a floor: what is at or above it is at or above `value`, too.
    """
    with localcontext(prec=100):
        return value.quantize(Decimal(1).scaleb(-PLACES), ROUND_CEILING)


def worth(one: Decimal, other: Decimal) -> Decimal:
    """Return what one unit of `other` is worth in units of `one`, to 20 decimals.

    Both are given as how many units one of a third currency buys. Rounded up, as it is
    what something costs us.
    """
    with localcontext(prec=100):
        return (one / other).quantize(Decimal("1e-20"), ROUND_CEILING)


def cut(value: Decimal) -> Decimal:
    """Return `value` rounded down to eight decimals: somebody else's idea of a balance."""
    with localcontext(_WIDE):
        return value.quantize(Decimal(1).scaleb(-PLACES), ROUND_FLOOR)


def cost(rate: Decimal, units: int, *, per_package: bool) -> Decimal:
    """Return what `units` cost at `rate` (per 1,000, or per package), to eight decimals.

    Used for a provider's rate in its own currency; rounded up, so that an expected
    cost is never below the real one.
    """
    with localcontext(_WIDE):
        exact = rate * units if per_package else rate * units / 1000
        return round_up(exact, Decimal(1).scaleb(-PLACES))


def charge(price: Decimal, units: int, *, per_package: bool) -> Decimal:
    """Return what a customer pays for `units` at `price`, rounded up to PRICE_STEP."""
    with localcontext(_WIDE):
        exact = price * units if per_package else price * units / 1000
        return round_up(exact, settings.PRICE_STEP)


def payable(amount: Decimal) -> Decimal:
    """Return `amount` rounded up to what can be paid in the shop's currency."""
    places = 0 if settings.SHOP_CURRENCY in WITHOUT_CENTS else 2
    return round_up(amount, Decimal(1).scaleb(-places))


def due(charge: Decimal, units: int, remains: int) -> Decimal:
    """Return what is to be given back in all when `remains` of `units` did not come.

    `charge − ceil_step(charge × delivered / units)`: any order of replies adds up to
    the same sum, as each refund is the difference to what was refunded before.
    """
    with localcontext(_WIDE):
        kept = round_up(charge * (units - remains) / units, settings.PRICE_STEP)
        return max(charge - kept, ZERO)


def plain(amount: Decimal) -> str:
    """Return `amount` without exponent or trailing zeros: for the API and for logs."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def show(amount: Decimal, currency: str | None = None) -> str:
    """Return `amount` for people: grouped, with at least two decimals, and its currency.

    All decimals that matter are shown: a price of 0.00125 is not 0.00.
    """
    currency = currency or settings.SHOP_CURRENCY
    least = 0 if currency in WITHOUT_CENTS else 2
    text = plain(amount)
    places = max(least, len(text.partition(".")[2]))
    number = formats.number_format(amount, places, use_l10n=True, force_grouping=True)
    symbol = {"USD": "$", "EUR": "€", "KRW": "₩", "JPY": "¥", "GBP": "£"}.get(currency)
    if symbol is None:
        return f"{number} {currency}"
    return f"−{symbol}{number[1:]}" if number.startswith("-") else f"{symbol}{number}"


def show_about(amount: Decimal, rate: Decimal, currency: str) -> str:
    """Return about what `amount` is in `currency`, of which one costs `rate`.

    For the eye only: to the currency's usual decimals, or to three digits where it has
    fewer.
    """
    with localcontext(prec=60):
        exact = amount / rate
        places = 0 if currency in WITHOUT_CENTS else 2
        if exact:
            places = max(places, min(PLACES, _DIGITS - 1 - exact.adjusted()))
        return show(
            exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN), currency
        )
