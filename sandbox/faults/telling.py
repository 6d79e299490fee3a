"""Faults of what is told about orders, refills and services; nothing else changes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sandbox.faults.door import Call, Reply
from sandbox.faults.fault import Fault, Settings, encoded

Edit = Callable[[dict[str, Any]], object]


def _rows(data: Any) -> Iterator[dict[str, Any]]:
    """Find the rows about one order or refill each, in every form of reply."""
    if isinstance(data, dict) and isinstance(data.get("status"), str):
        yield data
    elif isinstance(data, dict | list):
        inner = data.values() if isinstance(data, dict) else data
        for row in inner:
            if isinstance(row, dict) and isinstance(row.get("status"), str):
                yield row


def _each_row(
    name: str, tells: str, edit: Edit, actions: tuple[str, ...] = ("status",)
) -> Fault:
    def change(call: Call, reply: Reply, settings: Settings) -> Reply:
        data = json.loads(reply.body)
        for row in _rows(data):
            edit(row)
        changed = encoded(data, reply.status)
        return reply if changed == reply else changed

    return Fault(name, f"status: {tells}", actions, after=change)


def _without(key: str) -> Edit:
    return lambda row: row.pop(key, None)


def _with(key: str, text: str) -> Edit:
    return lambda row: row.update({key: text} if key in row else {})


def _deny_fresh(row: dict[str, Any]) -> None:
    if row["status"] == "Pending":
        row.clear()
        row["error"] = "Incorrect order ID"


def _leave_out(call: Call, reply: Reply, settings: Settings) -> Reply:
    """Leave out every other id, the first or the second by turns, but one at least."""
    data = json.loads(reply.body)
    is_batch = "orders" in call.fields or "refills" in call.fields
    if not is_batch or not data or "error" in data:
        return reply
    if isinstance(data, list):
        return encoded(data[call.number % 2 : -1 : 2], reply.status)
    kept = [*data][call.number % 2 : -1 : 2]
    return encoded({key: data[key] for key in kept}, reply.status)


def _shorten(body: bytes) -> bytes:
    rows = json.loads(body)
    return encoded(rows[: -(-len(rows) // 10)]).body


def _services(name: str, tells: str, cut: Callable[[bytes], bytes]) -> Fault:
    def change(call: Call, reply: Reply, settings: Settings) -> Reply:
        if not reply.body.lstrip().startswith(b"["):
            return reply
        return replace(reply, body=cut(reply.body))

    return Fault(name, f"services: {tells}", ("services",), after=change)


FAULTS = (
    _each_row("charge_missing", "no charge", _without("charge")),
    _each_row("currency_missing", "no currency", _without("currency")),
    _each_row("remains_missing", "no remains", _without("remains")),
    _each_row("remains_negative", 'remains "-3"', _with("remains", "-3")),
    _each_row("remains_unknown", 'remains "Unknown"', _with("remains", "Unknown")),
    _each_row(
        "status_unknown",
        'the unknown word "Under review"',
        _with("status", "Under review"),
        ("status", "refill_status"),
    ),
    _each_row(
        "fresh_error", '"Incorrect order ID" for orders still Pending', _deny_fresh
    ),
    Fault(
        "ids_left_out",
        "every other id of a call about many is left out; done",
        ("status", "refill_status", "refill", "cancel"),
        after=_leave_out,
    ),
    _services("catalogue_tenth", "only the first tenth", _shorten),
    _services("catalogue_empty", "an empty list", lambda body: b"[]"),
    _services("catalogue_cut", "half of the JSON", lambda body: body[: len(body) // 2]),
)
