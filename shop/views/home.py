"""The first page: what is sold and how, to visitors; customers go on to order."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from content.enums import PageKind
from content.queries import Article, articles
from orders.cards import cards
from orders.models import ServiceHealth
from provider.models import Category, Service
from provider.protocol.types import TYPES
from provider.queries import services_on_sale
from provider.translations import localise
from shop.requests import Request

SHELVES = 8
POPULAR = 5
QUESTIONS = 4
# Fewer completed orders than these say nothing, and are not told.
WORTH_TELLING = 1000
PER_PACKAGE = [kind.value for kind, rule in TYPES.items() if rule.per_package]


@dataclass(frozen=True)
class Shelf:
    """A category with how much it holds, and from which price on."""

    category: Category
    services: int
    price: Decimal | None
    per_package: bool


@require_safe
def home(request: Request) -> HttpResponse:
    """Show visitors what the shop is; take customers to what they come for."""
    if request.user.is_authenticated:
        return redirect("choose_service")
    shelves = _shelves()
    popular, ordered = _popular()
    localise(services=popular, categories=[shelf.category for shelf in shelves])
    context = {
        "shelves": shelves[:SHELVES],
        "more_shelves": max(0, len(shelves) - SHELVES),
        "popular": list(cards(popular, customer=request.user).values()),
        "are_popular": ordered,
        "completed": _completed(),
        "days": settings.HEALTH_DAYS,
        "questions": _questions(),
    }
    return render(request, "shop/home.html", context)


def _shelves() -> list[Shelf]:
    """Return all categories on sale, the fullest first."""
    packages = Q(type__in=PER_PACKAGE)
    counted = {
        row["category"]: row
        for row in services_on_sale()
        .values("category")
        .annotate(
            services=Count("pk"),
            thousand=Min("price", filter=~packages),
            package=Min("price", filter=packages),
        )
    }
    categories = Category.objects.filter(pk__in=counted).order_by("position", "name")
    shelves = [
        Shelf(
            category=category,
            services=row["services"],
            price=row["thousand"] if row["thousand"] is not None else row["package"],
            per_package=row["thousand"] is None,
        )
        for category in categories
        for row in [counted[category.pk]]
    ]
    return sorted(shelves, key=lambda shelf: -shelf.services)


def _popular() -> tuple[Sequence[Service], bool]:
    """Return what is ordered most, and whether it is; else the first of the catalogue."""
    found = list(
        services_on_sale()
        .select_related("category", "health")
        .order_by(
            F("health__orders").desc(nulls_last=True),
            "category__position",
            "category_id",
            "pk",
        )[:POPULAR]
    )
    least = min(
        (
            service.health.orders if hasattr(service, "health") else 0
            for service in found
        ),
        default=0,
    )
    return found, least >= settings.HEALTH_ORDERS


def _completed() -> int | None:
    """Return how many orders were completed lately; None for too few to say anything."""
    number = ServiceHealth.objects.aggregate(number=Sum("completed"))["number"] or 0
    return number if number >= WORTH_TELLING else None


def _questions() -> list[Article]:
    return articles(PageKind.FAQ, most=QUESTIONS)
