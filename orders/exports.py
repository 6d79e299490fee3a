"""What this room knows of somebody, for their own eyes."""

import json
from collections.abc import Iterator

from accounts.models import User
from orders.enums import Status
from orders.models import Draft, Order, OrderRequest
from orders.queries import outward
from shop.money import plain
from shop.sheets import Sheet


def export(user: User) -> Iterator[Sheet]:
    """Return the customer's orders as they see them, what they asked for of these, and
    the form that waits for funds; newest first.
    """
    own = Order.objects.filter(customer=user).select_related("service")
    yield Sheet(
        "orders",
        [
            *("number", "time", "service", "name", "link", "fields", "units"),
            *("charge", "refunded", "status", "remains", "reference"),
        ],
        (_row(order) for order in own.order_by("-pk").iterator(chunk_size=500)),
    )
    asked = OrderRequest.objects.filter(order__customer=user).order_by("-pk")
    yield Sheet(
        "requests",
        ["number", "order", "kind", "asked_at", "closed_at"],
        asked.values_list("pk", "order", "kind", "created_at", "closed_at").iterator(
            chunk_size=500
        ),
    )
    yield Sheet(
        "drafts",
        ["time", "service", "fields", "charge", "kept_until"],
        map(_draft, Draft.objects.filter(customer=user)),
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
        order.reference,
    ]


def _draft(draft: Draft) -> list[object]:
    return [
        draft.created_at,
        draft.service_id,
        json.dumps(draft.fields, ensure_ascii=False),
        plain(draft.charge),
        draft.expires_at,
    ]
