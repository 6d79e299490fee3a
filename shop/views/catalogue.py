"""What the shop sells, to everybody; and the stars that customers put on it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from orders.cards import cards
from orders.queries import recent_services
from provider import actions, queries
from provider.models import Service
from provider.searching import Wanted, find
from provider.translations import localise
from provider.wordings import TYPES
from shop.requests import CustomerRequest, Request, page_before

ROWS = 25


@require_safe
@vary_on_headers("HX-Request")
def services(request: Request) -> HttpResponse:
    """Show the catalogue."""
    wanted = Wanted.read(request.GET)
    found, more = find(wanted, rows=ROWS, customer_id=request.user.pk)
    recent = _recent(request, wanted)
    localise(services=[*found, *recent])
    shown = cards([*found, *recent], customer=request.user)
    context = {
        "wanted": wanted,
        "cards": [shown[service.pk] for service in found],
        "recent": [shown[service.pk] for service in recent],
        "more": wanted.address(after=found[-1].pk) if more else "",
        "here": f"{reverse('services')}?{wanted.address(after=wanted.after)}",
    }
    if request.htmx:
        part = "rows" if wanted.after else "results"
        return render(request, f"shop/services.html#{part}", context)
    context["categories"] = queries.category_names()
    context["types"] = list(TYPES.items())
    return render(request, "shop/services.html", context)


@require_POST
@login_required
@never_cache
def star(request: CustomerRequest, service_id: int) -> HttpResponse:
    """Put the customer's star on a service, or take it away."""
    service = get_object_or_404(Service, pk=service_id)
    wanted = request.POST.get("wanted") == "1"
    actions.set_favourite(customer=request.user, service=service, wanted=wanted)
    if request.htmx:
        context = {
            "address": reverse("new_order", args=[service.pk]),
            "icons": static("img/icons.svg"),
            "is_favourite": wanted,
            "here": request.POST.get("next", ""),
            "label": _("Favourite: No. %(number)s") % {"number": service.pk},
        }
        return render(request, "components/_star.html", context)
    return redirect(page_before(request, otherwise=reverse("services")))


def _recent(request: Request, wanted: Wanted) -> list[Service]:
    """Return what the customer ordered last, where they look for nothing else."""
    if not isinstance(request.user, User) or wanted.is_narrowed or wanted.after:
        return []
    return recent_services(customer=request.user)
