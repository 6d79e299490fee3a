"""What a customer wants to know before ordering: money, orders under way, new prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import Now, TruncDate
from django.utils import timezone

from accounts.models import User
from orders.drafts import address_of, draft_of
from orders.models import Draft, Order
from provider.enums import ChangeKind
from provider.models import Service, ServiceChange
from shop.money import ZERO

DAYS = 14
# Of the chart, in its own units.
HEIGHT = 32
WIDTH = 10
MOVES = (ChangeKind.PRICE_UP, ChangeKind.PRICE_DOWN)
MOST_MOVES = 3


@dataclass(frozen=True)
class Bar:
    """One day of the chart, and where it stands on it."""

    day: date
    spent: Decimal
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Move:
    """A price that changed, of a service that the customer uses."""

    service: Service
    rose: bool
    old: Decimal
    new: Decimal


@dataclass(frozen=True)
class Strip:
    """What stands above the choice of a service. `draft` waits at `draft_address`."""

    open: int
    spent: Decimal
    bars: list[Bar]
    moves: list[Move]
    draft: Draft | None
    draft_address: str

    @property
    def width(self) -> int:
        return DAYS * WIDTH

    @property
    def height(self) -> int:
        return HEIGHT


def strip(*, customer: User, used: Sequence[Service]) -> Strip:
    """Return the customer's strip; `used` are the services that they ordered last.

    Four queries, or three where nothing was used; none reads older orders than those of
    the last days.
    """
    spent = _spent_by_day(customer)
    draft = draft_of(customer=customer)
    return Strip(
        open=Order.objects.filter(customer=customer).open().count(),
        spent=sum(spent.values(), ZERO),
        bars=_bars(spent, timezone.localdate()),
        moves=_moves(used),
        draft=draft,
        draft_address=address_of(draft) if draft else "",
    )


def _spent_by_day(customer: User) -> dict[date, Decimal]:
    """Return what was charged and not given back, by the day of the order."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    recent = Order.objects.filter(
        customer=customer, created_at__gte=midnight - timedelta(days=DAYS - 1)
    )
    return dict(
        recent.annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(sum=Sum(F("charge") - F("refunded")))
        .values_list("day", "sum")
        .order_by()
    )


def _bars(spent: dict[date, Decimal], today: date) -> list[Bar]:
    most = max(spent.values(), default=ZERO)
    bars = []
    for place in range(DAYS):
        day = today - timedelta(days=DAYS - 1 - place)
        sum_ = spent.get(day, ZERO)
        # What is above zero is seen, however small it is.
        height = max(round(sum_ / most * HEIGHT), 2) if sum_ > 0 else 1
        bars.append(Bar(day, sum_, place * WIDTH, HEIGHT - height, height))
    return bars


def _moves(used: Sequence[Service]) -> list[Move]:
    """Return the last change of price of each used service, of the last days."""
    services = {service.pk: service for service in used}
    if not services:
        return []
    changes = (
        ServiceChange.objects.filter(
            service__in=services,
            kind__in=MOVES,
            public=True,
            created_at__gt=Now() - timedelta(days=DAYS),
        )
        .order_by("service", "-id")
        .distinct("service")
    )
    newest = sorted(changes, key=lambda change: change.pk, reverse=True)
    return [
        Move(
            services[change.service_id],
            change.kind == ChangeKind.PRICE_UP,
            change.old_price,
            change.new_price,
        )
        for change in newest[:MOST_MOVES]
        if change.old_price is not None and change.new_price is not None
    ]
