"""What the shop sells, to everybody."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from provider import queries
from provider.models import Service
from provider.translations import localise
from shop.requests import Request

ROWS = 100


@dataclass(frozen=True)
class Wanted:
    """What the address asks for: words, a category, and after which service to go on."""

    text: str
    category_id: int | None
    after: int | None

    def address(self, **changes: object) -> str:
        """Return the query string for this, with `changes`."""
        given = {"q": self.text, "category": self.category_id, **changes}
        return urlencode({name: value for name, value in given.items() if value})


@require_safe
@vary_on_headers("HX-Request")
def services(request: Request, *, home: bool = False) -> HttpResponse:
    """Show the catalogue; to visitors of the home page with a word about the shop."""
    wanted = Wanted(
        text=request.GET.get("q", "").strip()[:200],
        category_id=_number(request.GET.get("category")),
        after=_number(request.GET.get("after")),
    )
    found = queries.search(text=wanted.text, category_id=wanted.category_id)
    rows = list(_after(found, wanted.after)[: ROWS + 1])
    # A part of the page shows no list of shelves; all of it shares one query.
    shelves = [] if request.htmx else list(queries.categories_on_sale())
    localise(services=rows, categories=shelves)
    context = {
        "wanted": wanted,
        "services": rows[:ROWS],
        "more": wanted.address(after=rows[ROWS - 1].pk) if len(rows) > ROWS else "",
    }
    if request.htmx:
        part = "rows" if wanted.after else "results"
        return render(request, f"shop/services.html#{part}", context)
    context["categories"] = shelves
    context["hero"] = home and not request.user.is_authenticated
    return render(request, "shop/services.html", context)


def _after(found: QuerySet[Service], service_id: int | None) -> QuerySet[Service]:
    """Return what follows a service in the catalogue's order, or all of it."""
    last = (
        Service.objects.select_related("category").filter(pk=service_id).first()
        if service_id
        else None
    )
    if last is None:
        return found
    shelf = Q(category__position=last.category.position)
    return found.filter(
        Q(category__position__gt=last.category.position)
        | (shelf & Q(category_id__gt=last.category_id))
        | (shelf & Q(category_id=last.category_id, pk__gt=last.pk))
    )


def _number(text: str | None) -> int | None:
    """Return `text` as a row's number, or None where it is none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
