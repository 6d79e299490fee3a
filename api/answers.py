"""What clients read: one function for each resource, with the protocol's types.

Money and counts are text, flags are booleans. The outward words are few, as a reseller's
own panel refunds only on those it knows.
"""

from collections.abc import Mapping

from django.conf import settings

from accounts.models import User
from ledger.queries import balance as balance_of
from orders.enums import RefillStatus, Status
from orders.models import Order, OrderRequest
from orders.queries import REFILL_OUTWARD
from provider.models import Service
from shop.money import plain

Json = dict[str, "Json"] | list["Json"] | str | int | bool

STATUSES: Mapping[Status, str] = {
    Status.PENDING: "Pending",
    Status.PROCESSING: "Processing",
    Status.IN_PROGRESS: "In progress",
    Status.PAUSED: "In progress",
    Status.COMPLETED: "Completed",
    Status.PARTIAL: "Partial",
    Status.CANCELED: "Canceled",
    Status.FAILED: "Canceled",
}


def balance(customer: User) -> Json:
    """Return what the customer can spend."""
    return {
        "balance": plain(balance_of(customer=customer)),
        "currency": settings.SHOP_CURRENCY,
    }


def service(service: Service) -> Json:
    """Return one row of the catalogue; what is not known of it is left out."""
    if service.price is None:
        raise ValueError(f"{service} has no price")
    rule = service.rule
    row: dict[str, Json] = {
        "service": service.pk,
        "name": service.name,
        "type": rule.label,
        "category": service.category.name,
        "rate": plain(service.price),
        "min": str(service.min),
        "max": str(service.max),
        "refill": service.refill,
        "cancel": service.cancel,
        "dripfeed": service.dripfeed and rule.drip_feed,
    }
    known = {"desc": service.description, "average_time": service.average_time}
    return row | {name: text for name, text in known.items() if text}


def order(order: Order) -> Json:
    """Return where an order is. `charge` is net of refunds.

    Counts are never empty, as strict clients read numbers: a start count that nobody
    has told is 0, and until something is known to have come all of it remains.
    """
    return {
        "charge": plain(order.net_charge),
        "start_count": str(order.start_count or 0),
        "status": STATUSES[Status(order.status)],
        "remains": str(order.units - (order.delivered or 0)),
        "currency": settings.SHOP_CURRENCY,
    }


def refill_status(refill: OrderRequest) -> str:
    """Return the word for how far a refill is."""
    return REFILL_OUTWARD[RefillStatus(refill.status)]
