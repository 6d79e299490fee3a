"""Tickets, as their customers see them."""

import re
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from shop.attachments import as_download
from shop.paging import cut, row_number
from shop.requests import CustomerRequest
from support import actions, queries
from support.enums import Category, State, Wish
from support.errors import SupportError
from support.forms import MessageForm, TicketForm
from support.models import Ticket

ROWS = 30


@require_safe
@login_required
@never_cache
def tickets(request: CustomerRequest) -> HttpResponse:
    """Show the customer's tickets, those with the newest message first."""
    state = request.GET.get("state", "")
    before = row_number(request.GET.get("before"))
    found = queries.tickets_of(customer=request.user)
    if state in State.values:
        found = found.filter(state=state)
    rows, older = cut(found, rows=ROWS, before=before, by="newest")
    context = {
        "tickets": rows,
        "states": State.choices,
        "state": state if state in State.values else "",
        "before": before,
        "older": older,
    }
    return render(request, "support/tickets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new_ticket(request: CustomerRequest) -> HttpResponse:
    """Show the form of a ticket; open the one that is posted."""
    if request.method != "POST":
        return _form_page(request, TicketForm(initial=_initial(request)))
    form = TicketForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form_page(request, form)
    given = form.cleaned_data
    try:
        ticket = actions.open_ticket(
            customer=request.user,
            category=Category(given["category"]),
            wish=Wish(given["wish"]),
            subject=given["subject"],
            text=given["text"],
            order_ids=given["orders"],
            files=given["attachments"],
            token=_token(request),
        )
    except SupportError as error:
        form.add_error(error.field or None, error.message)
        return _form_page(request, form)
    return redirect("ticket", ticket_id=ticket.pk)


@require_safe
@login_required
@never_cache
def ticket(request: CustomerRequest, ticket_id: int) -> HttpResponse:
    """Show one ticket; until it is closed it asks for itself again."""
    found = _own(request, ticket_id)
    if request.htmx and request.GET.get("seen") == _seen(found):
        return HttpResponse(status=204)
    part = "#live" if request.htmx else ""
    return _ticket_page(request, found, MessageForm(), part=part)


@require_POST
@login_required
@never_cache
def write(request: CustomerRequest, ticket_id: int) -> HttpResponse:
    """Add what the customer writes to their ticket."""
    found = _own(request, ticket_id)
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ticket_page(request, found, form)
    try:
        message = actions.write(
            ticket=found,
            text=form.cleaned_data["text"],
            files=form.cleaned_data["attachments"],
        )
    except SupportError as error:
        form.add_error(error.field or None, error.message)
        return _ticket_page(request, found, form)
    return redirect(f"{reverse('ticket', args=[found.pk])}#message-{message.pk}")


@require_POST
@login_required
def close(request: CustomerRequest, ticket_id: int) -> HttpResponse:
    """Close the customer's ticket."""
    found = _own(request, ticket_id)
    if actions.close(ticket=found):
        messages.success(request, _("The ticket is closed."))
    return redirect("ticket", ticket_id=found.pk)


@require_safe
@login_required
@never_cache
def attachment(request: CustomerRequest, ticket_id: int, file_id: int) -> HttpResponse:
    """Hand out a file of the customer's ticket, to be kept."""
    files = queries.attachments_of(ticket=_own(request, ticket_id))
    file = get_object_or_404(files, pk=file_id)
    return as_download(content=file.content, kind=file.kind, name=file.name)


def _own(request: CustomerRequest, ticket_id: int) -> Ticket:
    """Return the customer's own ticket; anybody else's does not exist."""
    found = queries.ticket_of(customer=request.user, ticket_id=ticket_id)
    if found is None:
        raise Http404
    return found


def _token(request: CustomerRequest) -> str:
    """Return what makes a form one ticket, however often it is sent."""
    token = request.POST.get("token", "")
    return token if re.fullmatch("[0-9a-f]{32}", token) else ""


def _initial(request: CustomerRequest) -> dict[str, object]:
    """Return what a link to the form says that it is about."""
    category = request.GET.get("category", "")
    orders = request.GET.get("orders", "")[:200]
    return {
        "category": category if category in Category.values else Category.ORDER,
        "orders": orders,
    }


def _seen(ticket: Ticket) -> str:
    return f"{ticket.state}-{ticket.newest}"


def _form_page(request: CustomerRequest, form: TicketForm) -> HttpResponse:
    context = {"form": form, "token": _token(request) or uuid4().hex}
    return render(request, "support/new.html", context)


def _ticket_page(
    request: CustomerRequest, ticket: Ticket, form: MessageForm, *, part: str = ""
) -> HttpResponse:
    context: dict[str, object] = {
        "ticket": ticket,
        "seen": _seen(ticket),
        "said": queries.messages_of(ticket=ticket),
        "orders": ticket.orders.order_by("pk").values_list("pk", flat=True),
        "form": form,
    }
    return render(request, f"support/ticket.html{part}", context)
