"""What runs by itself: drip-feeds, run by run, and subscriptions, post by post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from orders.delivered import is_subscription, most_parts
from orders.enums import OPEN, Status
from orders.keyset import cut, read_status
from orders.models import Delivery, Order
from provider.protocol.types import ServiceType
from provider.translations import localise
from shop.requests import CustomerRequest

SHOWN = {"open": OPEN}


@dataclass(frozen=True)
class Series:
    """One order that comes in parts: `done` of `total`, None where nobody has said.

    `next_at` is when the next run may be expected, where that can be told.
    """

    order: Order
    done: int | None
    total: int
    delivered: int
    next_at: datetime | None


@dataclass(frozen=True)
class Parts:
    """The parts of one order that are known, counted; `last_at` the newest was seen."""

    found: int
    done: int
    came: int
    last_at: datetime


@require_safe
@login_required
@never_cache
def drip_feeds(request: CustomerRequest) -> HttpResponse:
    """Show the customer's drip-feeds, newest first."""
    return _page(request, "drip_feeds", _in_runs(request.user))


@require_safe
@login_required
@never_cache
def subscriptions(request: CustomerRequest) -> HttpResponse:
    """Show the customer's subscriptions, newest first."""
    return _page(request, "subscriptions", _subscribed(request.user))


def _in_runs(customer: User) -> QuerySet[Order]:
    return Order.objects.filter(customer=customer, runs__isnull=False)


def _subscribed(customer: User) -> QuerySet[Order]:
    return Order.objects.filter(customer=customer, type=ServiceType.SUBSCRIPTIONS)


def _page(request: CustomerRequest, name: str, found: QuerySet[Order]) -> HttpResponse:
    status = read_status(request.GET, SHOWN)
    if status:
        found = found.filter(status__in=SHOWN[status])
    page = cut(found.select_related("service__category"), request.GET, status=status)
    localise(services=[order.service for order in page.rows])
    context = {
        "page": page,
        "name": name,
        "list": series_of(orders=page.rows),
        "is_subscription": name == "subscriptions",
    }
    return render(request, "orders/series.html", context)


def series_of(*, orders: Sequence[Order]) -> list[Series]:
    """Return how far each of the orders is. One query, however many parts there are."""
    rows = (
        Delivery.objects.filter(order__in=orders)
        .values("order")
        .annotate(
            found=Count("pk"),
            done=Count("pk", filter=~Q(status__in=OPEN)),
            came=Coalesce(Sum("delivered"), 0),
            last_at=Max("created_at"),
        )
        .order_by()
        .values_list("order", "found", "done", "came", "last_at")
    )
    parts = {order_id: Parts(*counted) for order_id, *counted in rows}
    return [_series(order, parts.get(order.pk)) for order in orders]


def _series(order: Order, parts: Parts | None) -> Series:
    total = most_parts(order)
    if parts is None:
        ended = total if order.status == Status.COMPLETED else None
        done = 0 if order.is_open else ended
        return Series(order, done, total, order.delivered or 0, None)
    next_at = _next_at(order, parts.last_at) if parts.found < total else None
    return Series(order, parts.done, total, parts.came, next_at)


def _next_at(order: Order, last_at: datetime) -> datetime | None:
    """Return when the run after the last is due; what is overdue is not promised."""
    if not order.is_open or is_subscription(order) or order.interval is None:
        return None
    due = last_at + timedelta(minutes=order.interval)
    return due if due > timezone.now() else None
