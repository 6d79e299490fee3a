"""Keeping the orders that upstream makes of one of ours, and adding them up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.db import connection
from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import Coalesce, Now

from orders.delivered import Parts, may_have_parts
from orders.enums import OPEN
from orders.models import Attempt, Delivery, Order
from provider.models import Provider
from provider.protocol.replies import IdError, StatusRow

Answers = Mapping[str, StatusRow | IdError]


def take_parts(
    *, provider: Provider, orders: Sequence[Order], answers: Answers
) -> dict[int, Parts]:
    """Keep the parts that `answers` name as deliveries; return all parts, added up.

    Of drip-feeds and subscriptions only, by the order's number. An id that is another
    order's is not taken. Inside the caller's transaction.
    """
    named = {
        order.pk: answer.orders
        for order in orders
        if may_have_parts(order)
        and isinstance(answer := answers.get(order.upstream_id or ""), StatusRow)
    }
    owners = _owners(provider, {child for ids in named.values() for child in ids})
    new = []
    for order_id in sorted(named):
        for child in named[order_id]:
            if child not in owners:
                owners[child] = order_id
                new.append((child, order_id))
    _keep(provider, sorted(new))
    strangers = {
        order_id: tuple(child for child in ids if owners[child] != order_id)
        for order_id, ids in named.items()
    }
    parts = _added_up(order.pk for order in orders if may_have_parts(order))
    return {
        order_id: replace(parts[order_id], strangers=strangers.get(order_id, ()))
        for order_id in parts
    }


def _owners(provider: Provider, ids: set[str]) -> dict[str, int]:
    """Return to which of our orders each of `ids` belongs already; 0: as no part."""
    owners: dict[str, int] = {}
    if not ids:
        return owners
    # What an order or an attempt is known by is no part, not even of that order.
    for rows, part in (
        (Delivery.objects.values_list("upstream_id", "order_id"), True),
        (Attempt.objects.values_list("upstream_id", "order_id"), False),
        (Order.objects.values_list("upstream_id", "pk"), False),
    ):
        for upstream_id, order_id in rows.filter(
            provider=provider, upstream_id__in=ids
        ):
            owners[str(upstream_id)] = order_id if part else 0
    return owners


def _keep(provider: Provider, new: Sequence[tuple[str, int]]) -> None:
    """Insert deliveries, but for those that somebody inserts at this very moment.

    In the order of their ids, so that two who name the same do not wait for each other.
    Their numbers are of the orders' own sequence: a customer's program asks about either
    by number, and must not mistake one for the other.
    """
    if not new:
        return
    Delivery.objects.bulk_create(
        [
            Delivery(
                pk=number,
                order_id=order_id,
                provider=provider,
                upstream_id=child,
                next_at=Now(),
            )
            for number, (child, order_id) in zip(_numbers(len(new)), new, strict=True)
        ],
        ignore_conflicts=True,
    )


def _numbers(many: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orders_order', 'id'))"
            " FROM generate_series(1, %s)",
            [many],
        )
        return [number for (number,) in cursor.fetchall()]


def _added_up(order_ids: Iterable[int]) -> dict[int, Parts]:
    """Return the parts of each of the orders, in one statement."""
    ids = list(order_ids)
    if not ids:
        return {}
    is_open = Q(status__in=OPEN)
    # Of a run it is known how much it brings in all, and so how much it has brought.
    run = F("order__quantity")
    so_far = Case(When(remains__gte=0, remains__lte=run, then=run - F("remains")))
    rows = (
        Delivery.objects.filter(order__in=ids)
        .values("order")
        .annotate(
            total=Count("pk"),
            open=Count("pk", filter=is_open),
            unclear=Count("pk", filter=~is_open & Q(delivered=None)),
            came=Coalesce(Sum("delivered", filter=~is_open), 0),
            coming=Coalesce(Sum(so_far, filter=is_open), 0),
            charged=Sum("upstream_charge"),
            priced=Count("upstream_charge"),
        )
    )
    added = {
        row["order"]: Parts(
            total=row["total"],
            open=row["open"],
            unclear=row["unclear"],
            delivered=int(row["came"]),
            coming=int(row["coming"]),
            charge=row["charged"] if row["priced"] == row["total"] else None,
        )
        for row in rows
    }
    return {order_id: added.get(order_id, Parts()) for order_id in ids}
