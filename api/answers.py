"""What clients read: one function for each resource, with the protocol's types.

Money and counts are text, flags are booleans. The outward words are few, as a reseller's
own panel refunds only on those it knows.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

from django.conf import settings

from accounts.models import User
from ledger.queries import balance as balance_of
from orders.delivered import is_subscription, most_units
from orders.enums import RefillStatus, Status
from orders.models import Delivery, Order, OrderRequest
from orders.queries import REFILL_OUTWARD
from provider.models import Service, ServiceChange
from shop.money import charge, plain

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

# Ended early, with something delivered, is what they call expired.
SUBSCRIPTION_STATUSES: Mapping[Status, str] = {
    **STATUSES,
    Status.IN_PROGRESS: "Active",
    Status.PAUSED: "Paused",
    Status.PARTIAL: "Expired",
}


# What a row of the catalogue is made of: of many thousands, nothing else is read.
SERVICE_COLUMNS = (
    "name", "type", "price", "min", "max", "refill", "cancel", "dripfeed",
    "description", "average_time", "category__name",
)  # fmt: skip


def balance(customer: User) -> Json:
    """Return what the customer can spend."""
    return {
        "balance": plain(balance_of(customer=customer)),
        "currency": settings.SHOP_CURRENCY,
    }


def service(service: Service) -> Json:
    """Return one row of the catalogue, at the customer's own price.

    What is not known of it is left out.
    """
    if service.price is None:
        raise ValueError(f"{service} has no price")
    rule = service.rule
    row: dict[str, Json] = {
        "service": service.pk,
        "name": service.name,
        "type": rule.label,
        "category": service.category.name,
        "rate": plain(service.your_price),
        "min": str(service.min),
        "max": str(service.max),
        "refill": service.refill,
        "cancel": service.cancel,
        "dripfeed": service.dripfeed and rule.drip_feed,
    }
    known = {"desc": service.description, "average_time": service.average_time}
    return row | {name: text for name, text in known.items() if text}


def update(change: ServiceChange) -> Json:
    """Return what happened to one service; rates where it has them."""
    row: dict[str, Json] = {
        "id": change.pk,
        "kind": change.kind,
        "service": change.service_id,
        "name": change.service.name,
        "category": change.service.category.name,
        "time": f"{change.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    rates = {"old_rate": change.old_price, "rate": change.new_price}
    return row | {name: plain(rate) for name, rate in rates.items() if rate is not None}


def order(order: Order, parts: Sequence[Delivery] = ()) -> Json:
    """Return where an order is. `charge` is net of refunds.

    Counts are never empty, as strict clients read numbers: a start count that nobody
    has told is 0, and until something is known to have come all of it remains. A
    drip-feed says how many runs are done, and the numbers of those it consists of, where
    they are known; a subscription says it of its posts.
    """
    if is_subscription(order):
        return _subscription(order, parts)
    reply: dict[str, Json] = {
        "charge": plain(order.net_charge),
        "start_count": str(order.start_count or 0),
        "status": STATUSES[Status(order.status)],
        "remains": str(order.units - (order.delivered or 0)),
        "currency": settings.SHOP_CURRENCY,
    }
    if order.runs is not None:
        done = sum(not part.is_open for part in parts)
        if not parts:
            done = (order.delivered or 0) // most_units(order)
        reply |= {"runs": str(done), "orders": [part.pk for part in parts]}
    return reply


def _subscription(order: Order, parts: Sequence[Delivery]) -> Json:
    return {
        "status": SUBSCRIPTION_STATUSES[Status(order.status)],
        "expiry": order.fields.get("expiry", ""),
        "posts": str(len(parts)),
        "orders": [part.pk for part in parts],
        "charge": plain(order.net_charge),
        "currency": settings.SHOP_CURRENCY,
    }


def part(part: Delivery) -> Json:
    """Return where one run or post is, like an order: `charge` is its share.

    One that has ended is under way to those who ask until it is known what came.
    """
    order, units = part.order, most_units(part.order)
    known = None if part.is_open else part.delivered
    # Of a post it may not be known how many were to come, only how many did.
    alike = not is_subscription(order) or units == int(order.fields["min"])
    if known is not None and alike:
        remains = units - known
    elif part.remains is not None:
        remains = min(max(part.remains, 0), units)
    else:
        remains = units if known is None else 0
    unsettled = known is None and not part.is_open
    status = Status.IN_PROGRESS if unsettled else Status(part.status)
    return {
        "charge": plain(
            charge(order.price, units if known is None else known, per_package=False)
        ),
        "start_count": str(part.start_count or 0),
        "status": STATUSES[status],
        "remains": str(remains),
        "currency": settings.SHOP_CURRENCY,
    }


def refill_status(refill: OrderRequest) -> str:
    """Return the word for how far a refill is."""
    return REFILL_OUTWARD[RefillStatus(refill.status)]
