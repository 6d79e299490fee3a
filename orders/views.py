"""Ordering, and following what was ordered."""

import hashlib
import json
import re
from decimal import Decimal, InvalidOperation
from typing import cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)
from django.views.decorators.vary import vary_on_headers

from ledger.queries import balance
from orders import actions, queries
from orders.cards import cards
from orders.choosing import beside
from orders.enums import RequestKind
from orders.errors import OrderError
from orders.forms import WORDINGS, OrderForm
from orders.intake import FieldErrors, Intake
from orders.listing import ROWS, Wanted, found
from orders.models import Order
from orders.sheet import MOST_ROWS
from provider.models import Service
from provider.translations import localise
from shop.money import charge
from shop.requests import CustomerRequest, Request


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_order(request: Request, service_id: int) -> HttpResponse:
    """Show what a service needs to know; place the order that is posted."""
    service = _service(service_id)
    if request.method != "POST":
        if not service.on_sale:
            raise Http404
        return _order_page(request, OrderForm(service, initial=_again(request)))
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    form = OrderForm(service, request.POST)
    customers = cast(CustomerRequest, request)
    order = _place(customers, form) if form.is_valid() else None
    if order is None:
        return _order_page(request, form)
    return redirect(f"{reverse('order', args=[order.pk])}?received=1")


@require_POST
@never_cache
def price(request: Request, service_id: int) -> HttpResponse:
    """Say what the posted order would cost; nothing is placed."""
    form = OrderForm(_service(service_id), request.POST)
    form.is_valid()
    return _order_page(request, form, part="#quote" if request.htmx else "")


@require_safe
@login_required
@vary_on_headers("HX-Request")
def orders(request: CustomerRequest) -> HttpResponse:
    """Show the customer's orders, newest first.

    While one of them is open the list asks for itself again; "nothing has changed" is
    answered with 204, and leaves the page alone.
    """
    wanted = Wanted.read(request.GET)
    rows = list(found(wanted, customer=request.user)[: ROWS + 1])
    listed = rows[:ROWS]
    seen = _digest([_state(order) for order in listed])
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    localise(services=[order.service for order in listed])
    context = {
        "wanted": wanted,
        "orders": listed,
        "seen": seen,
        "live": any(order.is_open for order in listed),
        "most_rows": MOST_ROWS,
        "older": wanted.address(before=listed[-1].pk) if len(rows) > ROWS else "",
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
    seen = _digest([_state(order), states, may, repr(progress)])
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    localise(services=[order.service])
    context = {
        "order": order,
        "seen": seen,
        "live": order.is_open or any(not asked.closed_at for asked in requests),
        "ordered": _ordered(order),
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


def _service(service_id: int) -> Service:
    services = Service.objects.select_related("category").exclude(type="")
    service = get_object_or_404(services, pk=service_id, price__isnull=False)
    localise(services=[service])
    return service


def _own(request: CustomerRequest, order_id: int) -> Order:
    """Return the customer's own order; anybody else's does not exist."""
    order = queries.order_of(customer=request.user, order_id=order_id)
    if order is None:
        raise Http404
    return order


def _again(request: Request) -> dict[str, object]:
    """Return what an earlier order of theirs said, to order it again."""
    number = request.GET.get("again", "")
    if not (request.user.is_authenticated and re.fullmatch("[0-9]{1,18}", number)):
        return {}
    order = queries.order_of(customer=request.user, order_id=int(number))
    return dict(_ordered_fields(order)) if order else {}


def _place(request: CustomerRequest, form: OrderForm) -> Order | None:
    """Place the order; None, with the form saying why, where it was refused."""
    try:
        return actions.place_order(
            customer=request.user,
            service_id=form.service.pk,
            raw=form.raw,
            idempotency_key=_key(request, form),
            expected_charge=_expected(request, form),
            agreed_terms=_agreed(request),
            address=request.META.get("REMOTE_ADDR") or None,
        )
    except OrderError as error:
        form.add_error(
            error.field if error.field in form.fields else None, error.message
        )
    except FieldErrors as error:
        for name, sentences in error.errors.items():
            form.add_error(name if name in form.fields else None, sentences)
    return None


def _key(request: Request, form: OrderForm) -> str | None:
    """Return the key under which a form is one order, however often it is sent.

    It holds what was filled in too: somebody who goes back and changes the link means
    another order.
    """
    token = request.POST.get("token", "")
    if not re.fullmatch("[0-9a-f]{32}", token):
        return None
    return f"web:{token}:{_digest([form.service.pk, form.raw])}"


def _agreed(request: Request) -> int | None:
    """Return the version of the terms that was agreed to, where the page asked."""
    number = request.POST.get("terms", "")
    return int(number) if re.fullmatch("[0-9]{1,4}", number) else None


def _expected(request: Request, form: OrderForm) -> Decimal | None:
    """Return what the order costs at the price that the page showed."""
    try:
        shown = Decimal(request.POST.get("shown_price", ""))
    except InvalidOperation:
        return None
    if form.units is None or not shown.is_finite() or not 0 < shown < 10**12:
        return None
    return charge(shown, form.units, per_package=form.service.rule.per_package)


def _order_page(request: Request, form: OrderForm, *, part: str = "") -> HttpResponse:
    quote = after = twin = None
    if form.is_bound and form.units:
        quote = queries.quote(
            service=form.service,
            intake=Intake(units=form.units),
            customer=request.user,
        )
        if request.user.is_authenticated:
            after = balance(customer=request.user) - quote.charge
    if form.is_bound and request.user.is_authenticated and form.intake is not None:
        twin = queries.twin_under_way(
            customer=request.user,
            service=form.service,
            link_key=form.intake.link_key,
        )
    card = cards([form.service], customer=request.user)[form.service.pk]
    context: dict[str, object] = {
        "form": form,
        "twin": twin,
        "service": form.service,
        "price": card.price,
        "quote": quote,
        "after": after,
        "missing": -after if after is not None and after < 0 else None,
        "token": request.POST.get("token") or uuid4().hex,
    }
    if not part:
        context |= beside(request, card)
    return render(request, f"orders/new.html{part}", context)


def _ordered_fields(order: Order) -> list[tuple[str, object]]:
    columns = [(name, getattr(order, name)) for name in ("link", "quantity")]
    drip_feed = [(name, getattr(order, name)) for name in ("runs", "interval")]
    return [
        (name, value)
        for name, value in [*columns, *order.fields.items(), *drip_feed]
        if value
    ]


def _ordered(order: Order) -> list[tuple[object, object]]:
    """Return what was ordered, as labels and values."""
    return [(WORDINGS[name].label, value) for name, value in _ordered_fields(order)]


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


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
