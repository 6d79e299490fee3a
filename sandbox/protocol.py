"""The ten calls: from a form to the reply the provider protocol documents.

Types and the order of keys are those of the documented replies: a single refill's id
is text, those of several are numbers; money and counts of an order are text.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

from sandbox import book, money
from sandbox.errors import RefusedError
from sandbox.faults import Call, Reply
from sandbox.records import Status, Subscription
from sandbox.twists import Naming
from sandbox.vendor import NUMBER, Vendor

MOST_IDS = 100
MOST_FIELDS = 200

Fields = Mapping[str, str]
Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class Verbatim(str):
    """A reply that is JSON already, to be sent as it is."""

    __slots__ = ()


def read(body: bytes) -> Call:
    """Return the call in the form `body`; RefusedError when there are too many fields.

    A field given twice counts the first time; bytes that are no UTF-8 are replaced.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8", errors="replace"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="replace",
        )
    except ValueError:
        raise RefusedError("Incorrect request") from None
    fields = dict(reversed(pairs))
    key, action = fields.pop("key", ""), fields.pop("action", "")
    return Call(action, fields, key)


def answer(vendor: Vendor, call: Call) -> Reply:
    """Return the vendor's reply to `call`; every refusal is `{"error": …}`.

    The key is checked first, then the action; then the vendor does it as one step,
    so that a reply about many orders shows them all at one moment.
    """
    with vendor.lock:
        try:
            if call.key != vendor.terms.key:
                raise RefusedError("Invalid API key")
            return encode(_action(vendor, call.action)(vendor, call))
        except RefusedError as refusal:
            if call.action == "add":
                vendor.note_refusal(str(refusal))
            return refuse(refusal)


def known(action: str) -> bool:
    """Whether the protocol has such an action."""
    return action in ACTIONS or action in EXTRAS


def refuse(refusal: RefusedError | str, status: int = 200) -> Reply:
    """Return the reply that says why a call is refused."""
    return encode(_error(refusal), status)


def encode(data: Json, status: int = 200) -> Reply:
    """Return `data` as a reply of JSON."""
    text = data if isinstance(data, Verbatim) else json.dumps(data, ensure_ascii=False)
    return Reply(text.encode("utf-8", errors="replace"), status)


def _action(vendor: Vendor, action: str) -> Callable[[Vendor, Call], Json]:
    found = ACTIONS.get(action)
    if found is None and vendor.terms.list_orders:
        found = EXTRAS.get(action)
    if found is None:
        raise RefusedError("Incorrect request")
    return found


def _balance(vendor: Vendor, call: Call) -> Json:
    vendor.catch_up()
    balance = money.text(vendor.ledger.balance)
    return {"balance": balance, "currency": vendor.terms.currency}


def _services(vendor: Vendor, call: Call) -> Json:
    return Verbatim(vendor.catalogue.text_at(call.twist.price_factor))


def _add(vendor: Vendor, call: Call) -> Json:
    call.order = vendor.place(call.fields, call.twist)
    naming = call.twist.naming
    told = vendor.answer(call.order, naming, hidden=call.hidden)
    if naming is Naming.DUPLICATE and told == vendor.id_of(call.order):
        # No other order was given an id yet: this one could not get it as well.
        call.twist = replace(call.twist, naming=Naming.ITSELF)
    return {"status": "success"} if told is None else {"order": told}


def _status(vendor: Vendor, call: Call) -> Json:
    fields = call.fields
    look = partial(_order, vendor)
    if "order" in fields:
        return look(fields["order"])
    return {text: _or_error(look, text) for text in _ids(fields, "orders")}


def _refill(vendor: Vendor, call: Call) -> Json:
    fields = call.fields

    def refill(text: str) -> int:
        return vendor.refill(vendor.number(text))

    if "order" in fields:
        return {"refill": str(refill(fields["order"]))}
    return _rows("order", _ids(fields, "orders"), "refill", refill)


def _refill_status(vendor: Vendor, call: Call) -> Json:
    fields = call.fields

    def status(text: str) -> str:
        if not NUMBER.fullmatch(text.strip()):
            raise RefusedError("Refill not found")
        return vendor.refill_status(int(text))

    if "refill" in fields:
        return {"status": status(fields["refill"])}
    return _rows("refill", _ids(fields, "refills"), "status", status)


def _cancel(vendor: Vendor, call: Call) -> Json:
    def cancel(text: str) -> int:
        vendor.cancel(vendor.number(text))
        return 1

    return _rows("order", _ids(call.fields, "orders"), "cancel", cancel)


def _orders(vendor: Vendor, call: Call) -> Json:
    return book.recent(vendor, MOST_IDS)


def _order(vendor: Vendor, text: str) -> Json:
    record = vendor.find(vendor.number(text))
    if isinstance(record, Subscription):
        return {
            "status": record.ended or Status.ACTIVE,
            "expiry": record.fields.get("expiry", ""),
            "posts": str(len(record.orders)),
            "orders": [vendor.id_of(number) for number in record.orders],
        }
    standing = vendor.standing(record)
    if record.children is not None:
        ended = [vendor.orders[number].ended for number in record.children]
        return {
            "status": standing.status,
            "runs": str(len(ended) - ended.count(None)),
            "orders": [vendor.id_of(number) for number in record.children],
        }
    reply: dict[str, Json] = {
        "charge": money.text(standing.charge),
        "start_count": str(standing.start_count),
        "status": standing.status,
        "remains": str(standing.remains),
        "currency": vendor.terms.currency,
    }
    if record.runs is not None:
        done = min(standing.delivered, record.units)
        reply["runs"] = str(done * record.runs // record.units)
    return reply


def _ids(fields: Fields, name: str) -> list[str]:
    """Return the ids listed in the field `name`, each once, as they were written."""
    texts = [text.strip() for text in fields.get(name, "").split(",")]
    if not any(texts):
        raise RefusedError("Incorrect request")
    if len(texts) > MOST_IDS:
        raise RefusedError(f"Maximum {MOST_IDS} IDs")
    return list(dict.fromkeys(text for text in texts if text))


def _rows(asked: str, texts: list[str], told: str, act: Callable[[str], Json]) -> Json:
    """Return a row for each id: what was asked, and what `act` tells about it."""
    return [
        {
            # An id is a number here, unless it never was one.
            asked: int(text) if NUMBER.fullmatch(text) else text,
            told: _or_error(act, text),
        }
        for text in texts
    ]


def _or_error(act: Callable[[str], Json], text: str) -> Json:
    try:
        return act(text)
    except RefusedError as refusal:
        return _error(refusal)


def _error(refusal: RefusedError | str) -> Json:
    return {"error": str(refusal)}


ACTIONS: dict[str, Callable[[Vendor, Call], Json]] = {
    "balance": _balance,
    "services": _services,
    "add": _add,
    "status": _status,
    "refill": _refill,
    "refill_status": _refill_status,
    "cancel": _cancel,
}
EXTRAS: dict[str, Callable[[Vendor, Call], Json]] = {"orders": _orders}
