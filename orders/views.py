"""Following what was ordered."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from orders import actions, queries
from orders.digests import digest
from orders.enums import RequestKind
from orders.forms import WORDINGS, ordered_fields
from orders.listing import ROWS, Wanted, found
from orders.models import Order
from orders.sheet import MOST_ROWS
from provider.translations import localise
from shop.paging import cut
from shop.requests import CustomerRequest


@require_safe
@login_required
@vary_on_headers("HX-Request")
def orders(request: CustomerRequest) -> HttpResponse:
    """Show the customer's orders, newest first.

    While one of them is open the list asks for itself again; "nothing has changed" is
    answered with 204, and leaves the page alone.
    """
    wanted = Wanted.read(request.GET)
    listed, older = cut(found(wanted, customer=request.user), rows=ROWS)
    seen = digest([_state(order) for order in listed])
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    localise(services=[order.service for order in listed])
    context = {
        "wanted": wanted,
        "orders": listed,
        "seen": seen,
        "live": any(order.is_open for order in listed),
        "most_rows": MOST_ROWS,
        "older": wanted.address(before=older) if older else "",
    }
    part = "#results" if request.htmx else ""
    return render(request, f"orders/orders.html{part}", context)


@require_safe
@login_required
@never_cache
def order(request: CustomerRequest, order_id: int) -> HttpResponse:
    """Show one order; while it is open it asks for itself again, like the list."""
    order = _own(request, order_id)
    requests = list(queries.requests(order=order))
    may_cancel = queries.cancel_eligibility(order=order)
    may_refill = queries.refill_eligibility(order=order)
    states = [[request.pk, request.state, request.status] for request in requests]
    progress = queries.progress(order=order)
    may = [may_cancel.possible, may_refill.possible]
    seen = digest([_state(order), states, may, repr(progress)])
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    localise(services=[order.service])
    context = {
        "order": order,
        "seen": seen,
        "live": order.is_open or any(not asked.closed_at for asked in requests),
        "ordered": _ordered(order),
        # Where the count of the page should stand in the end.
        "goal": order.start_count + order.units
        if order.start_count is not None and order.remains is not None
        else None,
        "progress": progress,
        "history": queries.history(order=order),
        "requests": requests,
        "cancel": may_cancel,
        "refill": may_refill,
        "received": "received" in request.GET,
    }
    part = "#live" if request.htmx else ""
    return render(request, f"orders/order.html{part}", context)


@require_POST
@login_required
def cancel(request: CustomerRequest, order_id: int) -> HttpResponse:
    """Cancel an order, or ask for it."""
    return _ask(request, order_id, RequestKind.CANCEL)


@require_POST
@login_required
def refill(request: CustomerRequest, order_id: int) -> HttpResponse:
    """Ask for a refill."""
    return _ask(request, order_id, RequestKind.REFILL)


def _ask(request: CustomerRequest, order_id: int, kind: RequestKind) -> HttpResponse:
    order = _own(request, order_id)
    (answer,) = actions.ask_for_many(
        customer=request.user, kind=kind, order_ids=[order.pk], by=request.user
    )
    tell = messages.success if answer.done else messages.error
    tell(request, answer.text)
    return redirect("order", order_id=order.pk)


def _own(request: CustomerRequest, order_id: int) -> Order:
    """Return the customer's own order; anybody else's does not exist."""
    order = queries.order_of(customer=request.user, order_id=order_id)
    if order is None:
        raise Http404
    return order


def _ordered(order: Order) -> list[tuple[object, object]]:
    """Return what was ordered, as labels and values."""
    return [(WORDINGS[name].label, value) for name, value in ordered_fields(order)]


def _state(order: Order) -> list[object]:
    """Return all of an order that a page shows and that may change."""
    return [
        order.pk,
        order.status,
        order.submission,
        order.being_checked,
        order.remains,
        order.start_count,
        str(order.refunded),
    ]
