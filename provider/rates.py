"""Where rates of exchange are read: a plain registry of sources.

A source is a function: given currencies, it returns what one of each is worth in the
shop's, those that it knows. It is called outside any transaction, and raises
SourceFailed with a sentence for staff. To add one, write it and name it in SOURCES; the
setting RATE_SOURCE chooses.
"""

import json
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from shop.http import HttpFailure, get
from shop.money import ZERO, worth

DEADLINE = 15.0
MAX_BYTES = 256 * 1024
USER_AGENT = "Magpie"
# What fits into the column of a rate.
HIGHEST_RATE = Decimal(10) ** 10
# What buys less than this of something is no currency.
LOWEST_RATE = Decimal("1e-10")

Rates = Mapping[str, Decimal]
Source = Callable[[Collection[str]], Rates]


class SourceFailed(Exception):
    """A source that brought no rates; `message` is fit for staff."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read(source: str, bases: Collection[str]) -> Rates:
    """Return what one of each of `bases` is worth, as `source` says; SourceFailed."""
    reader = SOURCES.get(source)
    if reader is None:
        raise SourceFailed(_("There is no source %(name)s.") % {"name": source})
    return reader(bases)


def read_url(bases: Collection[str]) -> Rates:
    """Read the JSON at RATE_URL: {"base": "USD", "rates": {"EUR": 0.92, …}}.

    One of `base` buys so many of each. Any base will do, as long as the shop's currency
    is the base or among the rates.
    """
    try:
        reply = get(
            settings.RATE_URL,
            user_agent=USER_AGENT,
            deadline=DEADLINE,
            max_bytes=MAX_BYTES,
        )
    except HttpFailure as error:
        raise SourceFailed(
            _("The address of rates did not answer: %(reason)s.") % {"reason": error}
        ) from error
    if reply.status != 200:
        raise SourceFailed(
            _("The address of rates answered with status %(status)d.")
            % {"status": reply.status}
        )
    return _worths(_buys(reply.body), bases)


SOURCES: Mapping[str, Source] = {"url": read_url}


def _buys(body: bytes) -> dict[str, Decimal]:
    """Return how many of each currency one of a certain currency buys."""
    try:
        given = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        base, rates = given["base"], given["rates"]
        found = {str(code).upper(): rate for code, rate in rates.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceFailed(
            _("The address of rates answered something else.")
        ) from error
    return {
        code: rate
        for code, rate in {**found, str(base).upper(): Decimal(1)}.items()
        # json reads NaN and Infinity as floats, which are no Decimals.
        if isinstance(rate, Decimal) and LOWEST_RATE < rate < HIGHEST_RATE
    }


def _worths(buys: Mapping[str, Decimal], bases: Collection[str]) -> Rates:
    ours = buys.get(settings.SHOP_CURRENCY)
    if ours is None:
        raise SourceFailed(
            _("The address of rates says nothing about %(currency)s.")
            % {"currency": settings.SHOP_CURRENCY}
        )
    found = {base: worth(ours, buys[base]) for base in bases if base in buys}
    return {base: rate for base, rate in found.items() if ZERO < rate < HIGHEST_RATE}
