"""The sandbox's book as others may read it: for tests, for people, for a reseller."""

from datetime import UTC, datetime
from typing import Any

from sandbox import money, progress
from sandbox.records import Order
from sandbox.vendor import Vendor


def whole(vendor: Vendor) -> dict[str, Any]:
    """Return all the vendor holds, at one moment, as JSON can carry it.

    `links` and `requests` lead from what a client knows to the orders accepted for
    it: two numbers under one link are two accepted orders.
    """
    with vendor.lock:
        now = vendor.catch_up()
        links: dict[str, list[int]] = {}
        for order in vendor.orders.values():
            links.setdefault(order.link, []).append(order.id)
        return {
            "balance": money.text(vendor.ledger.balance),
            "currency": vendor.terms.currency,
            "calls": dict(vendor.calls),
            "orders": [_line(order, now) for order in vendor.orders.values()],
            "links": links,
            "requests": dict(vendor.requests),
            "subscriptions": {
                record.id: [*record.orders] for record in vendor.subscriptions.values()
            },
            "refills": [
                {
                    "refill": refill.id,
                    "order": refill.order,
                    "status": progress.refill_status(refill, now),
                }
                for refill in vendor.refills.values()
            ],
            "cancels": [
                order.id
                for order in vendor.orders.values()
                if order.cancel_at is not None
            ],
            "entries": [
                {
                    "kind": entry.kind,
                    "order": entry.order,
                    "amount": money.text(entry.amount),
                }
                for entry in vendor.ledger.entries
            ],
        }


def recent(vendor: Vendor, most: int) -> list[Any]:
    """Return the newest orders, newest first, at most `most` of them."""
    with vendor.lock:
        now = vendor.catch_up()
        newest = list(vendor.orders.values())[: -most - 1 : -1]
        return [_line(order, now) for order in newest]


def _line(order: Order, now: float) -> dict[str, Any]:
    standing = progress.standing(order, now)
    placed_at = datetime.fromtimestamp(order.placed_at, tz=UTC)
    return {
        "order": order.id,
        "service": order.service,
        "link": order.link,
        "request_id": order.fields.get("request_id", ""),
        "created": placed_at.isoformat(sep=" ", timespec="seconds"),
        "units": order.units,
        "charge": money.text(standing.charge),
        "status": standing.status,
        "remains": str(standing.remains),
        "fields": order.fields,
    }
