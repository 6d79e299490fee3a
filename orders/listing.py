"""Which of their orders a customer asks to see."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from orders import queries
from orders.enums import OPEN, Status
from orders.models import Order
from provider.models import Service
from shop.paging import row_number

ROWS = 50
# Characters that are looked for: some hundred numbers with commas between them.
LONGEST_TEXT = 2000
_BETWEEN = re.compile(r"[\s,;]+")
SHOWN: Mapping[str, frozenset[Status]] = {
    "open": OPEN,
    "completed": frozenset({Status.COMPLETED}),
    "partial": frozenset({Status.PARTIAL}),
    # Customers know no failed orders: those are canceled and refunded.
    "canceled": frozenset({Status.CANCELED, Status.FAILED}),
}


@dataclass(frozen=True)
class Wanted:
    """What the address asks for: words, a group of statuses, days, and where to go on."""

    text: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Wanted":
        """Read the query string; what makes no sense is left out."""
        status = given.get("status", "")
        return cls(
            # The database takes no NUL, and nothing that is looked for has one.
            text=given.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
            status=status if status in SHOWN else "",
            since=_day(given.get("from", "")),
            until=_day(given.get("to", "")),
            before=row_number(given.get("before")),
        )

    def address(self, **changes: object) -> str:
        """Return the query string for this, with `changes`."""
        given: dict[str, object] = {**self.filters, **changes}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def filters(self) -> dict[str, str]:
        """What is asked for but for where to go on, by the names in the address."""
        return {
            "q": self.text,
            "status": self.status,
            "from": str(self.since or ""),
            "to": str(self.until or ""),
        }

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.filters.values()) or self.before is not None

    @property
    def here(self) -> str:
        """The query string for this page itself."""
        return self.address(before=self.before)


def found(wanted: Wanted, *, customer: User) -> QuerySet[Order]:
    """Return the customer's orders that fit, newest first.

    The text is an order's number, or a part of its link, of its service's name or of what
    the customer calls it. Where it is several numbers, it is exactly those orders. Days
    begin and end where the customer's do.
    """
    orders = queries.orders_of(customer=customer)
    if wanted.status:
        orders = orders.filter(status__in=SHOWN[wanted.status])
    if wanted.text:
        orders = orders.filter(_fits(wanted.text))
    if wanted.since:
        orders = orders.filter(created_at__gte=_midnight(wanted.since))
    if wanted.until:
        orders = orders.filter(
            created_at__lt=_midnight(wanted.until + timedelta(days=1))
        )
    if wanted.before:
        orders = orders.filter(pk__lt=wanted.before)
    return orders


def read_numbers(text: str) -> list[int] | None:
    """Return the numbers of orders in a pasted list, each once; None for other text.

    Commas, semicolons, spaces and lines part them; "#12" is 12.
    """
    words = [word.removeprefix("#") for word in _BETWEEN.split(text) if word]
    if not all(re.fullmatch("[0-9]{1,18}", word) for word in words):
        return None
    return list(dict.fromkeys(int(word) for word in words))


def _fits(text: str) -> Q:
    numbers = read_numbers(text) or []
    if len(numbers) > 1:
        return Q(pk__in=numbers)
    # Joined, the name would be compared for each order: twice the time for a customer
    # with 100,000 of them. Days and statuses need a tenth of a second there, and so no
    # index that every order would write, too.
    services = Service.objects.filter(name__icontains=text).values("pk")
    words = Q(link__icontains=text) | Q(service__in=services)
    words |= Q(reference__icontains=text)
    return words | Q(pk__in=numbers) if numbers else words


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond, a day next to it may be none in another time zone.
    return day if 2000 <= day.year < 9000 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
