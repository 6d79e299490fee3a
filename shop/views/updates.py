"""What happened to services lately, to everybody."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from provider import queries
from provider.enums import ChangeKind
from shop.paging import cut, row_number
from shop.requests import Request

ROWS = 50


@dataclass(frozen=True)
class Wanted:
    """What the address asks for: a kind, the members of one line, and where to go on."""

    kind: str
    batch: int | None
    before: int | None

    def address(self, **changes: object) -> str:
        """Return the query string for this, with `changes`."""
        given = {"kind": self.kind, "batch": self.batch, **changes}
        return urlencode({name: value for name, value in given.items() if value})


@require_safe
@vary_on_headers("HX-Request")
def updates(request: Request) -> HttpResponse:
    """Show what is new, changed its price, is paused or available again; newest first.

    What one run did alike to many services of a category is one line, which leads to
    all of them.
    """
    kind = request.GET.get("kind", "")
    wanted = Wanted(
        kind=kind if kind in ChangeKind.values else "",
        batch=row_number(request.GET.get("batch")),
        before=row_number(request.GET.get("before")),
    )
    if wanted.batch:
        found = queries.updates(
            kind=wanted.kind, before=wanted.before, batch=wanted.batch
        )
    else:
        found = queries.update_lines(kind=wanted.kind, before=wanted.before)
    rows, older = cut(found, rows=ROWS)
    context = {
        "wanted": wanted,
        "kinds": ChangeKind.choices,
        "changes": rows,
        "newest": wanted.address(),
        "older": wanted.address(before=older) if older else "",
    }
    part = "#results" if request.htmx else ""
    return render(request, f"shop/updates.html{part}", context)
