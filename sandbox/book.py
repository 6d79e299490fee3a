"""The sandbox's book as others may read it: for tests, for people, for a reseller."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sandbox import money, progress
from sandbox.records import Order, Status, Subscription
from sandbox.vendor import Vendor

Record = TypeVar("Record", Order, Subscription)


def whole(vendor: Vendor, since: int = 0) -> dict[str, Any]:
    """Return all the vendor holds, at one moment, as JSON can carry it.

    With `since`, only orders and subscriptions with a higher number, and what belongs
    to them. `links` and `requests` lead from what a client knows to what was accepted
    for it: two numbers under one link are two accepted orders. Orders that the vendor
    placed itself, for a drip-feed's runs or a subscription's posts, are not among
    them; nor may the charges of runs be added to that of their parent.
    """
    with vendor.lock:
        now = vendor.catch_up()
        orders = _after(since, vendor.orders.values())
        subscriptions = _after(since, vendor.subscriptions.values())
        return {
            "balance": money.text(vendor.ledger.balance),
            "currency": vendor.terms.currency,
            "totals": _totals(vendor),
            "calls": dict(vendor.calls),
            "refused": dict(vendor.refused),
            "orders": [_line(vendor, order, now) for order in orders],
            "links": _links([*orders, *subscriptions]),
            "requests": {
                request: number
                for request, number in vendor.requests.items()
                if number > since
            },
            "subscriptions": [_plan_line(one) for one in subscriptions],
            "refills": [
                {
                    "refill": refill.id,
                    "order": refill.order,
                    "status": progress.refill_status(refill, now),
                }
                for refill in vendor.refills.values()
                if refill.order > since
            ],
            "cancels": [order.id for order in orders if order.cancel_at is not None],
            "entries": [
                {
                    "kind": entry.kind,
                    "order": entry.order,
                    "amount": money.text(entry.amount),
                }
                for entry in vendor.ledger.entries
                if not since or (entry.order or 0) > since
            ],
        }


def recent(vendor: Vendor, most: int) -> list[Any]:
    """Return the newest orders, newest first, at most `most`: rows of `action=orders`.

    A subscription is one of them; orders that the vendor placed itself are not.
    """
    with vendor.lock:
        now = vendor.catch_up()
        rows: list[Any] = []
        last = vendor.next_number() - 1
        while len(rows) < most and (record := _record(vendor, last)) is not None:
            last -= 1
            if not _is_own(record):
                rows.append(_row(vendor, record, now))
        return rows


def _record(vendor: Vendor, number: int) -> Order | Subscription | None:
    return vendor.orders.get(number) or vendor.subscriptions.get(number)


def _row(vendor: Vendor, record: Order | Subscription, now: float) -> dict[str, Any]:
    row = {
        "order": vendor.id_of(record.id),
        "service": record.service,
        "link": record.link,
        "request_id": record.fields.get("request_id", ""),
        "created": _date(record.placed_at),
        "quantity": record.fields.get("quantity", ""),
    }
    if isinstance(record, Subscription):
        return row | {"status": record.ended or Status.ACTIVE}
    standing = vendor.standing(record, now)
    return row | {
        "units": record.units,
        "charge": money.text(standing.charge),
        "status": standing.status,
        "remains": str(standing.remains),
    }


def _line(vendor: Vendor, order: Order, now: float) -> dict[str, Any]:
    known = vendor.lines.get(order.id)
    if known is not None:
        return known
    standing = vendor.standing(order, now)
    line = {
        "order": order.id,
        "id": vendor.id_of(order.id),
        "given": order.given,
        "fault": order.fault,
        "service": order.service,
        "link": order.link,
        "request_id": order.fields.get("request_id", ""),
        "created": _date(order.placed_at),
        "units": order.units,
        "charged": money.text(order.charge),
        "charge": money.text(standing.charge),
        "status": standing.status,
        "delivered": standing.delivered,
        "remains": str(standing.remains),
        "refills": order.refills,
        "parent": order.parent,
        "children": order.children and [*order.children],
        "subscription": order.subscription,
        "fields": order.fields,
    }
    # A parent's charge changes with its children's, even after its end.
    if order.ended is not None and order.regret is None and order.children is None:
        vendor.lines[order.id] = line
    return line


def _plan_line(subscription: Subscription) -> dict[str, Any]:
    return {
        "order": subscription.id,
        "given": subscription.given,
        "fault": subscription.fault,
        "service": subscription.service,
        "request_id": subscription.fields.get("request_id", ""),
        "created": _date(subscription.placed_at),
        "status": subscription.ended or Status.ACTIVE,
        "orders": [*subscription.orders],
        "fields": subscription.fields,
    }


def _links(records: Iterable[Order | Subscription]) -> dict[str, list[int]]:
    links: dict[str, list[int]] = {}
    for record in records:
        if not _is_own(record):
            links.setdefault(record.link, []).append(record.id)
    return links


def _is_own(record: Order | Subscription) -> bool:
    """Whether the vendor placed it itself."""
    if isinstance(record, Subscription):
        return False
    return record.parent is not None or record.subscription is not None


def _totals(vendor: Vendor) -> dict[str, str]:
    """Return the sum of the entries of each kind."""
    sums: dict[str, Decimal] = {}
    for entry in vendor.ledger.entries:
        sums[entry.kind] = sums.get(entry.kind, Decimal(0)) + entry.amount
    return {kind: money.text(amount) for kind, amount in sums.items()}


def _after(since: int, records: Iterable[Record]) -> list[Record]:
    """Return the `records` numbered above `since`."""
    return [record for record in records if record.id > since]


def _date(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return moment.isoformat(sep=" ", timespec="seconds")
