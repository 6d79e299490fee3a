"""What is done with many orders of the list at once: asked for, or taken away as a file."""

import re
from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from orders import actions, queries
from orders.enums import RequestKind
from orders.errors import OrderError
from orders.listing import Wanted, found
from orders.sheet import lines_of
from provider.translations import localise
from shop.requests import CustomerRequest


@require_POST
@login_required
@never_cache
def ask(request: CustomerRequest, kind: RequestKind) -> HttpResponse:
    """Ask for a refill or a cancel of the ticked orders, and say what came of each.

    The answer is the page itself: sent once more, every order says that it was asked for.
    """
    back = f"{reverse('orders')}?{Wanted.read(request.POST).here}"
    picked = _picked(request)
    if not picked:
        messages.error(request, _("Please tick some orders first."))
        return redirect(back)
    try:
        answers = actions.ask_for_many(
            customer=request.user, kind=kind, order_ids=picked, by=request.user
        )
    except OrderError as error:
        messages.error(request, error.message)
        return redirect(back)
    localise(services=[answer.order.service for answer in answers if answer.order])
    context = {
        "answers": answers,
        "done": sum(answer.done for answer in answers),
        "kind": kind,
        "back": back,
    }
    return render(request, "orders/asked.html", context)


@require_POST
@login_required
@never_cache
def sheet(request: CustomerRequest) -> HttpResponseBase:
    """Send the ticked orders as CSV, or where none is, all that the list would show."""
    if picked := _picked(request):
        orders = queries.orders_of(customer=request.user).filter(pk__in=picked)
    else:
        wanted = replace(Wanted.read(request.POST), before=None)
        orders = found(wanted, customer=request.user)
    return StreamingHttpResponse(
        lines_of(orders),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="orders.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _picked(request: CustomerRequest) -> list[int]:
    """Return the numbers of the ticked orders; what is no number was never ticked."""
    given = request.POST.getlist("order")
    return [int(text) for text in given if re.fullmatch("[0-9]{1,18}", text)]
