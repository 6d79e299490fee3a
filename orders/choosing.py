"""Choosing what to order: a few services at a time, however many there are."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from orders.cards import Card, cards
from orders.health import told
from orders.queries import recent_services
from orders.strip import strip
from provider.queries import category_names
from provider.searching import Wanted, find
from provider.translations import localise
from shop.requests import Request

ROWS = 12


@require_safe
@vary_on_headers("HX-Request")
def choose_service(request: Request) -> HttpResponse:
    """Show what fits the words and the category, or what was ordered last."""
    wanted = Wanted.read(request.GET)
    customer = request.user if isinstance(request.user, User) else None
    used = (
        recent_services(customer=customer, most=ROWS)
        if customer and not (request.htmx and _is_narrowed(wanted))
        else []
    )
    found, more = find(wanted, rows=ROWS) if _is_narrowed(wanted) else (used, False)
    localise(services=[*found, *used])
    context = {
        "wanted": wanted,
        "choices": list(cards(found, customer=request.user).values()),
        "all": wanted.address() if more else "",
    }
    if request.htmx:
        return render(request, "orders/_choices.html", context)
    context["categories"] = category_names()
    context["strip"] = strip(customer=customer, used=used) if customer else None
    return render(request, "orders/choose.html", context)


def beside(request: Request, card: Card) -> dict[str, object]:
    """Return what stands around a service's order form: its health, and other choices."""
    customer = request.user
    recent = recent_services(customer=customer) if isinstance(customer, User) else []
    others = [service for service in recent if service.pk != card.service.pk]
    localise(services=others)
    return {
        "health": told(card.health),
        "star_label": card.star,
        "is_favourite": card.is_favourite,
        "address": card.address,
        "here": card.address,
        "wanted": Wanted(),
        "choices": list(cards(others, customer=customer).values()),
        "all": "",
    }


def _is_narrowed(wanted: Wanted) -> bool:
    """Whether they look for something: the other filters are the catalogue's."""
    return bool(wanted.text or wanted.category_id)
