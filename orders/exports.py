"""What this room knows of somebody, for their own eyes."""

import json
from collections.abc import Iterator

from accounts.models import User
from orders.enums import Status
from orders.models import Order
from orders.queries import outward
from shop.money import plain
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return the customer's orders as they see them, newest first."""
    own = Order.objects.filter(customer=user).select_related("service")
    yield Sheet(
        "orders",
        [
            *("number", "time", "service", "name", "link", "fields", "units"),
            *("charge", "refunded", "status", "remains"),
        ],
        (_row(order) for order in own.order_by("-pk").iterator(chunk_size=500)),
    )


def _row(order: Order) -> list[object]:
    return [
        order.pk,
        order.created_at,
        order.service_id,
        order.service.name,
        order.link,
        json.dumps(order.fields, ensure_ascii=False) if order.fields else "",
        order.units,
        plain(order.charge),
        plain(order.refunded),
        outward(Status(order.status)).value,
        order.units - (order.delivered or 0),
    ]
