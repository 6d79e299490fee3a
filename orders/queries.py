"""Reading orders, and what may be done with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from orders.delivered import is_subscription, may_have_parts, most_parts
from orders.eligibility import Eligibility, Known, may_cancel, may_refill
from orders.enums import OPEN, Outcome, RefillStatus, RequestKind, Status
from orders.intake import Intake
from orders.models import Attempt, Delivery, Order, OrderEvent, OrderRequest
from provider.agreed import Consent, Customer
from provider.models import Service
from provider.prices import price_for
from provider.queries import first_offer, services_on_sale
from shop.money import charge, show

# How many runs or posts a page lists.
PIECES = 20


@dataclass(frozen=True)
class Quote:
    """What an order would cost: `price` per 1,000 or per package, `charge` in all.

    `consent` is what lets the price be below the least that the service is sold at.
    """

    units: int
    price: Decimal
    charge: Decimal
    consent: Consent | None = None


@dataclass(frozen=True)
class Moment:
    """One line of an order's history, in words fit for customers."""

    at: datetime
    status: str
    status_label: str
    note: str


@dataclass(frozen=True)
class Piece:
    """One run or post as customers see it; `delivered` once it has ended."""

    number: int
    status: Status
    delivered: int | None


@dataclass(frozen=True)
class Progress:
    """How many runs or posts of all are done, and the newest of them."""

    is_subscription: bool
    done: int
    total: int
    shown: list[Piece]


def quote(*, service: Service, intake: Intake, customer: Customer = None) -> Quote:
    """Return what `intake` costs the customer of a service that is on sale."""
    paid = price_for(service=service, customer=customer)
    per_package = service.rule.per_package
    return Quote(
        units=intake.units,
        price=paid.price,
        charge=charge(paid.price, intake.units, per_package=per_package),
        consent=paid.consent,
    )


def orders_of(*, customer: User) -> QuerySet[Order]:
    """Return the customer's orders, newest first."""
    return (
        Order.objects.filter(customer=customer)
        .select_related("service__category")
        .order_by("-id")
    )


def recent_services(*, customer: User, most: int = 4) -> list[Service]:
    """Return the services that the customer ordered last and may order again."""
    newest = Order.objects.filter(customer=customer).order_by("-id")
    ids = list(dict.fromkeys(newest.values_list("service_id", flat=True)[:100]))
    found = services_on_sale().select_related("category").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found][:most]


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


def twin_under_way(*, customer: User, service: Service, link_key: str) -> Order | None:
    """Return the customer's newest open order of a service for the same page, if any.

    It is no mistake to order again, but often one is meant for the other.
    """
    if not link_key:
        return None
    return (
        Order.objects.filter(
            customer=customer, service=service, link_key=link_key, status__in=OPEN
        )
        .order_by("-id")
        .first()
    )


def parts_by_ids(*, customer: User, ids: Sequence[int]) -> dict[int, Delivery]:
    """Return those parts of the customer's orders that `ids` name, by number."""
    parts = Delivery.objects.filter(order__customer=customer).select_related("order")
    return parts.in_bulk(list(ids))


def parts_of(*, orders: Iterable[Order]) -> dict[int, list[Delivery]]:
    """Return the parts of each of the orders, by the order's number, oldest first."""
    parts: dict[int, list[Delivery]] = {order.pk: [] for order in orders}
    found = Delivery.objects.filter(order__in=parts).order_by("id")
    for part in found.only("order", "status", "delivered"):
        parts[part.order_id].append(part)
    return parts


def progress(*, order: Order) -> Progress | None:
    """Return how far a drip-feed or a subscription is; None for any other order."""
    if not may_have_parts(order):
        return None
    parts = parts_of(orders=[order])[order.pk]
    return Progress(
        is_subscription=is_subscription(order),
        done=sum(not part.is_open for part in parts),
        total=most_parts(order),
        shown=[
            Piece(
                number=place,
                status=outward(Status(part.status)),
                delivered=part.delivered,
            )
            for place, part in enumerate(parts, start=1)
        ][: -PIECES - 1 : -1],
    )


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


def cancel_eligibility(*, order: Order, by_staff: bool = False) -> Eligibility:
    """Return whether the order may be cancelled, or why not.

    Staff may also try where the provider does not say; customers see no button there.
    """
    return may_cancel(order, _known(order, RequestKind.CANCEL, by_staff))


def refill_eligibility(*, order: Order, by_staff: bool = False) -> Eligibility:
    """Return whether the order may be refilled, or why not and from when on.

    Staff may also try where the provider does not say; customers see no button there.
    """
    return may_refill(order, _known(order, RequestKind.REFILL, by_staff))


def _known(order: Order, kind: RequestKind, by_staff: bool) -> Known:
    asked = OrderRequest.objects.filter(order=OuterRef("pk"), kind=kind)
    closed = asked.filter(closed_at__isnull=False).order_by("-closed_at")
    accepted = Attempt.objects.filter(order=OuterRef("pk"), upstream_id__isnull=False)
    is_open, last_closed_at, upstream, now = (
        Order.objects.filter(pk=order.pk)
        .values_list(
            Exists(asked.filter(closed_at=None)),
            Subquery(closed.values("closed_at")[:1]),
            Exists(accepted),
            Now(),
        )
        .get()
    )
    return Known(
        now=now,
        open=is_open,
        last_closed_at=last_closed_at,
        may_try=by_staff and _is_unsaid(order, kind),
        upstream=upstream,
        by_staff=by_staff,
    )


def _is_unsaid(order: Order, kind: RequestKind) -> bool:
    """Whether the provider does not say if it does such a thing: that is not a no."""
    attempt = (
        order.attempts.filter(outcome=Outcome.ACCEPTED).select_related("offer").first()
    )
    offer = attempt.offer if attempt else first_offer(service=order.service)
    if offer is None:
        return False
    said = offer.refill if kind == RequestKind.REFILL else offer.cancel
    return said is None


REFILL_OUTWARD = {
    RefillStatus.REQUESTED: "Pending",
    RefillStatus.IN_PROGRESS: "In progress",
    RefillStatus.COMPLETED: "Completed",
    RefillStatus.REJECTED: "Rejected",
}
