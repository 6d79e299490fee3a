"""Ordering one service: the form, what it would cost, and waiting for funds."""

import re
from decimal import Decimal, InvalidOperation
from typing import cast
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from content.agreeing import agreed_version
from ledger.queries import balance
from orders import actions, queries
from orders.cards import cards
from orders.choosing import beside
from orders.digests import digest
from orders.drafts import draft_of, to_add
from orders.errors import OrderError
from orders.forms import OrderForm, ordered_fields
from orders.intake import FieldErrors, Intake
from provider.models import Service
from provider.translations import localise
from shop.money import charge
from shop.paging import row_number
from shop.requests import CustomerRequest, Request, client_address


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_order(request: Request, service_id: int) -> HttpResponse:
    """Show what a service needs to know; place the order that is posted."""
    service = _service(service_id)
    if request.method != "POST":
        if not service.on_sale:
            raise Http404
        part = "#chosen" if request.htmx else ""
        return _order_page(request, _filled(request, service), part=part)
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    form = OrderForm(service, request.POST)
    customers = cast(CustomerRequest, request)
    order_id = _place(customers, form) if form.is_valid() else None
    if order_id is None:
        return _order_page(request, form)
    return redirect(f"{reverse('order', args=[order_id])}?received=1")


@require_POST
@never_cache
def price(request: Request, service_id: int) -> HttpResponse:
    """Say what the posted order would cost; nothing is placed."""
    form = OrderForm(_service(service_id), request.POST)
    form.is_valid()
    return _order_page(request, form, part="#quote" if request.htmx else "")


@require_POST
@login_required
@never_cache
def keep(request: CustomerRequest, service_id: int) -> HttpResponse:
    """Keep the posted form and go on to add what is missing; nothing is placed."""
    form = OrderForm(_service(service_id), request.POST)
    form.is_valid()
    offer = _quote(request, form)
    if offer is None:
        return _order_page(request, form)
    draft = actions.keep_draft(
        customer=request.user,
        service=form.service,
        fields={**form.raw, "reference": form.reference},
        charge=offer.charge,
    )
    return redirect(f"{reverse('funds')}?draft={draft.pk}")


def _service(service_id: int) -> Service:
    services = Service.objects.select_related("category").exclude(type="")
    service = get_object_or_404(services, pk=service_id, price__isnull=False)
    localise(services=[service])
    return service


def _filled(request: Request, service: Service) -> OrderForm:
    """Return the form, filled in as a draft or an earlier order of theirs says."""
    if not request.user.is_authenticated:
        return OrderForm(service)
    customer = cast(CustomerRequest, request).user
    if kept := request.GET.get("draft", ""):
        draft = draft_of(customer=customer, number=kept)
        if draft is not None and draft.service_id == service.pk:
            return OrderForm(service, draft.fields)
    number = row_number(request.GET.get("again"))
    if number is None:
        return OrderForm(service)
    order = queries.order_of(customer=customer, order_id=number)
    return OrderForm(service, initial=dict(ordered_fields(order)) if order else {})


def _place(request: CustomerRequest, form: OrderForm) -> int | None:
    """Place the order; None, with the form saying why, where it was refused."""
    try:
        order = actions.place_order(
            customer=request.user,
            service_id=form.service.pk,
            raw=form.raw,
            idempotency_key=_key(request, form),
            expected_charge=_expected(request, form),
            reference=form.reference,
            agreed_terms=agreed_version(request.POST),
            address=client_address(request),
        )
    except OrderError as error:
        form.add_error(
            error.field if error.field in form.fields else None, error.message
        )
    except FieldErrors as error:
        for name, sentences in error.errors.items():
            form.add_error(name if name in form.fields else None, sentences)
    else:
        draft = draft_of(customer=request.user, number=request.POST.get("draft") or "0")
        if draft is not None:
            actions.drop_draft(customer=request.user, draft_id=draft.pk)
        return order.pk
    return None


def _key(request: Request, form: OrderForm) -> str | None:
    """Return the key under which a form is one order, however often it is sent.

    It holds what was filled in too: somebody who goes back and changes the link means
    another order.
    """
    token = request.POST.get("token", "")
    if not re.fullmatch("[0-9a-f]{32}", token):
        return None
    return f"web:{token}:{digest([form.service.pk, form.raw])}"


def _expected(request: Request, form: OrderForm) -> Decimal | None:
    """Return what the order costs at the price that the page showed."""
    try:
        shown = Decimal(request.POST.get("shown_price", ""))
    except InvalidOperation:
        return None
    if form.units is None or not shown.is_finite() or not 0 < shown < 10**12:
        return None
    return charge(shown, form.units, per_package=form.service.rule.per_package)


def _quote(request: Request, form: OrderForm) -> queries.Quote | None:
    """Return what the form's order costs, as soon as that can be told."""
    if not form.is_bound or not form.units:
        return None
    intake = Intake(units=form.units)
    return queries.quote(service=form.service, intake=intake, customer=request.user)


def _order_page(request: Request, form: OrderForm, *, part: str = "") -> HttpResponse:
    after = twin = None
    quote = _quote(request, form)
    if quote and request.user.is_authenticated:
        after = balance(customer=request.user) - quote.charge
    if form.is_bound and request.user.is_authenticated and form.intake is not None:
        twin = queries.twin_under_way(
            customer=request.user,
            service=form.service,
            link_key=form.intake.link_key,
        )
    card = cards([form.service], customer=request.user)[form.service.pk]
    missing = -after if after is not None and after < 0 else None
    context: dict[str, object] = {
        "form": form,
        "twin": twin,
        "service": form.service,
        "price": card.price,
        "quote": quote,
        "after": after,
        "missing": missing,
        "to_add": to_add(missing) if missing else None,
        "token": request.POST.get("token") or uuid4().hex,
        "draft": request.POST.get("draft") or request.GET.get("draft", ""),
    }
    if part != "#quote":
        context |= beside(request, card)
    return render(request, f"orders/new.html{part}", context)
