"""Keeping the book in a file, so that a demo that restarts still knows its orders."""

import json
import os
import threading
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.money import Entry, Ledger
from sandbox.records import Order, Refill, Status, Subscription
from sandbox.vendor import Vendor

VERSION = 1


class StateError(ValueError):
    """A state file cannot be used; the text says why."""


def save(vendor: Vendor, path: Path) -> None:
    """Write the vendor's book to `path`: the whole of it, or nothing."""
    with vendor.lock:
        data = {
            "version": VERSION,
            "balance": vendor.ledger.balance,
            "entries": [asdict(entry) for entry in vendor.ledger.entries],
            "orders": [asdict(order) for order in vendor.orders.values()],
            "subscriptions": [asdict(one) for one in vendor.subscriptions.values()],
            "refills": [asdict(refill) for refill in vendor.refills.values()],
            "requests": dict(vendor.requests),
            "calls": dict(vendor.calls),
            "refused": dict(vendor.refused),
        }
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(json.dumps(data, default=str), encoding="utf-8")
    draft.replace(path)


def load(vendor: Vendor, path: Path) -> None:
    """Give `vendor` the book kept at `path`; a file that is not there is an empty one.

    Raises StateError, with the vendor as it was, when the file cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise StateError(f"cannot read {path}: {error}") from error
    try:
        _restore(vendor, json.loads(text))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise StateError(f"{path} is not a state file of the sandbox") from error


def _restore(vendor: Vendor, data: dict[str, Any]) -> None:
    if data["version"] != VERSION:
        raise ValueError(data["version"])
    entries = [Entry(**_decimals(row, "amount")) for row in data["entries"]]
    ledger = Ledger(Decimal(data["balance"]), entries)
    orders = [_order(row) for row in data["orders"]]
    subscriptions = [Subscription(**_ended(row)) for row in data["subscriptions"]]
    refills = [Refill(**row) for row in data["refills"]]
    requests, calls = dict(data["requests"]), dict(data["calls"])
    # Older files do not have it.
    refused = dict(data.get("refused", {}))
    with vendor.lock:
        vendor.ledger = ledger
        vendor.orders = {order.id: order for order in orders}
        vendor.subscriptions = {one.id: one for one in subscriptions}
        vendor.refills = {refill.id: refill for refill in refills}
        vendor.requests = requests
        vendor.lines.clear()
        vendor.calls.update(calls)
        vendor.refused.update(refused)
        vendor.names = {order.name: order.id for order in orders if order.name}
        vendor.names |= {one.name: one.id for one in subscriptions if one.name}
        vendor.expect_all()


def _order(row: dict[str, Any]) -> Order:
    row = _ended(_decimals(row, "charge"))
    regret = Status(row["regret"]) if row.get("regret") else None
    return Order(**row | {"outcome": Status(row["outcome"]), "regret": regret})


def _ended(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"ended": Status(row["ended"]) if row["ended"] else None}


def _decimals(row: dict[str, Any], name: str) -> dict[str, Any]:
    return row | {name: Decimal(row[name])}


class Saver(threading.Thread):
    """Saves the book every `every` seconds when it has changed, and when stopped."""

    def __init__(self, vendor: Vendor, path: Path, every: float = 1.0) -> None:
        """Prepare to save `vendor` to `path`; `start()` begins."""
        super().__init__(name="sandbox-saver", daemon=True)
        self._vendor, self._path, self._every = vendor, path, every
        self._stopped = threading.Event()
        self._saved = vendor.changes

    def run(self) -> None:
        """Save until stopped."""
        while not self._stopped.wait(self._every):
            self._save_changes()

    def stop(self) -> None:
        """Save what is left and end."""
        self._stopped.set()
        self.join()
        self._save_changes()

    def _save_changes(self) -> None:
        changes = self._vendor.changes
        if changes != self._saved:
            save(self._vendor, self._path)
            self._saved = changes
