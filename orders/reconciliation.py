"""Our book of a provider beside its own: what moved in a span of days, and why.

Upstream's balance moves by what was sent there and by what its orders cost. What is left
is the rest, which nobody explains: funds that were not recorded, an order that we do not
know, a fee. A call under way while the balance is read is in it until the next reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Max

from orders.differences import ROUNDING, Difference, differences
from orders.models import ProviderDay
from provider.models import Provider
from shop.money import ZERO


@dataclass(frozen=True)
class Books:
    """What moved from the last reading of the balance before a span to its last one.

    Where there was none before, the span begins with its own first reading. Movements
    are None where there are no two readings to compare. In the provider's currency.
    """

    provider: Provider
    opening: ProviderDay | None
    closing: ProviderDay | None
    funds: Decimal
    cost: Decimal
    charged: Decimal
    unnamed: Decimal
    differences: Sequence[Difference]

    @property
    def book_movement(self) -> Decimal | None:
        """What moved in our book: funds − cost."""
        if self.opening is None or self.closing is None:
            return None
        return Decimal(self.closing.book - self.opening.book)

    @property
    def balance_movement(self) -> Decimal | None:
        """What moved upstream."""
        before = None if self.opening is None else self.opening.balance
        after = None if self.closing is None else self.closing.balance
        if before is None or after is None:
            return None
        return Decimal(after - before)

    @property
    def rest(self) -> Decimal | None:
        """What moved upstream beyond the funds sent and the charges of its own orders.

        Where upstream has not named an order's charge, what we booked stands for it.
        """
        if self.balance_movement is None:
            return None
        return self.balance_movement - (self.funds - self.charged - self.unnamed)

    @property
    def differ(self) -> bool:
        """Whether anybody need look: an order differs, or something is unexplained."""
        return bool(self.differences) or abs(self.rest or ZERO) > ROUNDING


def today() -> date:
    """Return the day of UTC that the books are closed for, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date")
        day: date = cursor.fetchone()[0]
        return day


def books(*, provider: Provider, first: date, last: date) -> Books:
    """Return what moved at a provider from `first` to `last`, and which orders differ.

    Both days are of UTC and included. A constant number of queries.
    """
    days = _days(provider, first, last)
    read = [day for day in days if day.balance is not None]
    opening = read[0] if read else None
    closing = read[-1] if len(read) > 1 else None
    counted = [
        day
        for day in days
        if (opening is None or day.date > opening.date)
        and (closing is None or day.date <= closing.date)
    ]
    return Books(
        provider=provider,
        opening=opening,
        closing=closing,
        funds=sum((day.funds for day in counted), ZERO),
        cost=sum((day.cost for day in counted), ZERO),
        charged=sum((day.charged for day in counted), ZERO),
        unnamed=sum((day.unnamed for day in counted), ZERO),
        differences=differences(
            provider=provider, start=_midnight(first), end=_midnight(last, days=1)
        ),
    )


def _days(provider: Provider, first: date, last: date) -> list[ProviderDay]:
    """Return the rows from the last reading before `first`, if any, to `last`."""
    mine = ProviderDay.objects.filter(provider=provider)
    before = mine.filter(date__lt=first, balance__isnull=False)
    start = before.aggregate(date=Max("date"))["date"] or first
    return list(mine.filter(date__gte=start, date__lte=last).order_by("date"))


def _midnight(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days), time.min, UTC)
