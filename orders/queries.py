"""Reading orders, and what may be done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from orders.enums import RefillStatus, RequestKind, Status, Submission
from orders.intake import Intake
from orders.models import Order, OrderEvent, OrderRequest
from provider.models import Service
from shop.money import charge, show


@dataclass(frozen=True)
class Quote:
    """What an order would cost: `price` per 1,000 or per package, `charge` in all."""

    units: int
    price: Decimal
    charge: Decimal


@dataclass(frozen=True)
class Moment:
    """One line of an order's history, in words fit for customers."""

    at: datetime
    status: str
    status_label: str
    note: str


def quote(*, service: Service, intake: Intake, customer: User | None = None) -> Quote:
    """Return what `intake` costs of a service that is on sale."""
    if service.price is None:
        raise ValueError(f"{service} has no price")
    return Quote(
        units=intake.units,
        price=service.price,
        charge=charge(
            service.price, intake.units, per_package=service.rule.per_package
        ),
    )


def orders_of(*, customer: User) -> QuerySet[Order]:
    """Return the customer's orders, newest first."""
    return (
        Order.objects.filter(customer=customer)
        .select_related("service__category")
        .order_by("-id")
    )


def order_of(*, customer: User, order_id: int) -> Order | None:
    """Return the customer's order of that number, or None: nobody else's is found."""
    return orders_of(customer=customer).filter(pk=order_id).first()


def orders_by_ids(*, customer: User, order_ids: Sequence[int]) -> dict[int, Order]:
    """Return those of the customer's orders that `order_ids` name, by number."""
    return orders_of(customer=customer).in_bulk(list(order_ids))


def refills_by_ids(*, customer: User, ids: Sequence[int]) -> dict[int, OrderRequest]:
    """Return those of the customer's refills that `ids` name, by number."""
    return OrderRequest.objects.filter(
        order__customer=customer, kind=RequestKind.REFILL
    ).in_bulk(list(ids))


def requests(*, order: Order) -> QuerySet[OrderRequest]:
    """Return the order's refills and cancels, newest first."""
    return order.requests.order_by("-id")


def history(*, order: Order) -> list[Moment]:
    """Return what the customer saw happen, oldest first: moves of the status, refunds."""
    moments = []
    shown = ""
    for event in order.events.order_by("id"):
        status = outward(Status(event.new_status))
        if status == shown and not event.refunded:
            continue
        shown = status
        moments.append(
            Moment(event.created_at, status, str(Status(status).label), _note(event))
        )
    return moments


def outward(status: Status) -> Status:
    """Return the status as customers read it: an order that failed was canceled."""
    return Status.CANCELED if status == Status.FAILED else status


def _note(event: OrderEvent) -> str:
    if event.refunded:
        return _("%(amount)s refunded to your balance") % {
            "amount": show(event.refunded)
        }
    return ""


def cancel_refusal(*, order: Order) -> str | None:
    """Return why the order cannot be cancelled, or None where it can."""
    if not order.is_open:
        return _("This order has ended.")
    if order.is_unsent:
        return None
    if order.submission != Submission.ACCEPTED:
        return _("This order is being checked; please wait a moment.")
    if not order.service.cancel:
        return _("This service cannot be cancelled once it has started.")
    if _has_open_request(order, RequestKind.CANCEL):
        return _("Cancelling was asked for already.")
    return None


def refill_refusal(*, order: Order) -> str | None:
    """Return why the order cannot be refilled, or None where it can."""
    if not order.service.refill:
        return _("This service comes without refill.")
    if order.status != Status.COMPLETED:
        return _("Only completed orders can be refilled.")
    if _has_open_request(order, RequestKind.REFILL):
        return _("A refill is under way already.")
    return None


def _has_open_request(order: Order, kind: RequestKind) -> bool:
    return order.requests.filter(kind=kind, closed_at=None).exists()


REFILL_OUTWARD = {
    RefillStatus.REQUESTED: "Pending",
    RefillStatus.IN_PROGRESS: "In progress",
    RefillStatus.COMPLETED: "Completed",
    RefillStatus.REJECTED: "Rejected",
}
