"""What was delivered again, and what came back: refills and refunds."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from orders.enums import RefillStatus, RequestKind, RequestState, Status
from orders.keyset import cut, read_status
from orders.models import OrderEvent, OrderRequest
from provider.translations import localise
from shop.requests import CustomerRequest

# As `request_words` says it: where no status was told, the state decides.
REFILLS: Mapping[str, Q] = {
    "open": Q(closed_at__isnull=True),
    "completed": Q(status=RefillStatus.COMPLETED),
    "rejected": Q(status=RefillStatus.REJECTED)
    | Q(status="", state=RequestState.REFUSED),
}


@dataclass(frozen=True)
class Refund:
    """Money of one order that came back, and why, in the customer's words."""

    event: OrderEvent
    why: str


@require_safe
@login_required
@never_cache
def refills(request: CustomerRequest) -> HttpResponse:
    """Show the refills that the customer has asked for, newest first."""
    status = read_status(request.GET, REFILLS)
    found = _refills_of(request.user)
    if status:
        found = found.filter(REFILLS[status])
    page = cut(
        found.select_related("order__service__category"), request.GET, status=status
    )
    localise(services=[asked.order.service for asked in page.rows])
    return render(request, "orders/refills.html", {"page": page})


@require_safe
@login_required
@never_cache
def refunds(request: CustomerRequest) -> HttpResponse:
    """Show what came back to the customer's balance, order by order, newest first."""
    found = _refunds_of(request.user).select_related("order__service__category")
    page = cut(found, request.GET)
    localise(services=[event.order.service for event in page.rows])
    rows = [Refund(event, _why(event)) for event in page.rows]
    return render(request, "orders/refunds.html", {"page": page, "refunds": rows})


def _refills_of(customer: User) -> QuerySet[OrderRequest]:
    return OrderRequest.objects.filter(
        order__customer=customer, kind=RequestKind.REFILL
    )


def _refunds_of(customer: User) -> QuerySet[OrderEvent]:
    """Return the events that gave money back; orders without are not looked at."""
    return OrderEvent.objects.filter(
        order__customer=customer, order__refunded__gt=0, refunded__gt=0
    )


def _why(event: OrderEvent) -> str:
    status = Status(event.new_status)
    if status in {Status.CANCELED, Status.FAILED}:
        if event.by_id is not None and event.by_id == event.order.customer_id:
            return _("You cancelled it.")
        return _("It was cancelled.")
    if status == Status.PARTIAL:
        return _("It was delivered in part.")
    return _("Less was delivered than ordered.")
