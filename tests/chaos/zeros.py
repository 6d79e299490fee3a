"""What must not be: each check yields what it finds, and nothing if all is well."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from tests.chaos.books import (
    ENDED,
    Books,
    changed_later,
    ended,
    name_of,
    refund_due,
    rows,
    upstream_too,
)
from tests.chaos.processes import LEASE

OPEN = ("pending", "processing", "in_progress", "paused")
TWICE = "two upstream orders: "
# What may keep an answer that was sent whole from being written down: a worker that is
# gone, or a database away for so many seconds that the lease ends before the answer.
CUTS = {"kill worker": 0, "freeze worker": 0, "restart database": LEASE - 1}
LONG = 10**6


def _accepted_twice(books: Books) -> Iterable[str]:
    for link, lines in books.by_link.items():
        for line in lines[1:]:
            ids = [order["id"] for order in books.ours[link]]
            yield f"order {ids}: {line['provider']} {name_of(line)} besides {name_of(lines[0])}"


def _adds_without_attempt(books: Books) -> Iterable[str]:
    for name, book in books.upstream.items():
        if name in books.market.telling:
            # Asked for again under the same request id, which brings no second order.
            continue
        attempts = sum(attempt["provider"] == name for attempt in books.attempts)
        for number in range(attempts, book["calls"].get("add", 0)):
            yield f"{name}: add no. {number + 1} of {attempts} attempts"


def _not_ours(books: Books) -> Iterable[str]:
    return (link for link in books.by_link if link not in books.ours)


def _told_and_lost(books: Books) -> Iterable[str]:
    for wish in books.wishes:
        for number in wish.told | wish.told_other:
            if number not in books.orders:
                yield f"order {number}"


def _told_another(books: Books) -> Iterable[str]:
    for wish in books.wishes:
        customer = books.market.customers[wish.customer].user_id
        for number in wish.told & books.orders.keys():
            order = books.orders[number]
            if (order["link"], order["customer_id"]) != (wish.link, customer):
                yield f"order {number}"


def _ordered_twice(books: Books) -> Iterable[str]:
    for wish in books.wishes:
        for order in books.ours[wish.link][1:] if wish.link in books.ours else ():
            yield f"order {order['id']}"


def _key_used_twice(books: Books) -> Iterable[str]:
    return (f"order {number}" for wish in books.wishes for number in wish.told_other)


def _charged_otherwise(books: Books) -> Iterable[str]:
    charged: Counter[int] = Counter()
    for row in rows("SELECT * FROM ledger_transfer WHERE kind = 'order:charge'"):
        charged[row["subject"]] += row["amount"]
    for number in charged.keys() | books.orders.keys():
        charge = books.orders.get(number, {}).get("charge", 0)
        if charged[number] != charge:
            yield f"order {number}: {charged[number]} instead of {charge}"


def _not_upstream(books: Books) -> Iterable[str]:
    for order in books.orders.values():
        if order["submission"] == "accepted" and books.line_of(order) is None:
            yield f"order {order['id']}: {order['upstream_id']}"


def _mixed_up(books: Books) -> Iterable[str]:
    """Accepted under another's id, though the provider did not name that one."""
    for order, _owner in books.named_wrongly:
        own = books.by_link.get(order["link"], [])
        if not any(line.get("fault") == "id_duplicate" for line in own):
            yield f"order {order['id']}: {order['upstream_id']} is another's"


def _id_shared(books: Books) -> Iterable[str]:
    counts = Counter(
        (order["provider"], order["upstream_id"])
        for order in books.orders.values()
        if order["upstream_id"]
    )
    return (f"{name} {own}" for (name, own), count in counts.items() if count > 1)


def _given_back(books: Books) -> Iterable[str]:
    for order in upstream_too(books):
        if order["submission"] == "withdrawn" and not order["flagged_at"]:
            yield f"order {order['id']}"


def _not_known(books: Books) -> Iterable[str]:
    for order in upstream_too(books):
        known = order["submission"] in {"accepted", "unknown", "withdrawn"}
        if not known and not order["flagged_at"]:
            yield f"order {order['id']} is {order['submission']}"


def _not_applied(books: Books) -> Iterable[str]:
    for attempt in books.attempts:
        order = books.orders[attempt["order_id"]]
        if attempt["outcome"] != "accepted" or order["flag_reason"].startswith(TWICE):
            continue
        if order["upstream_id"] != attempt["upstream_id"]:
            yield f"order {order['id']} is {order['submission']}"


def _not_at_rest(books: Books) -> Iterable[str]:
    for order in books.orders.values():
        waits = order["submission"] == "held" and order["next_at"] is not None
        if order["status"] in OPEN and not order["flagged_at"] and not waits:
            yield (
                f"order {order['id']}: {order['submission']}, {order['status']}, "
                f"next at {order['next_at']}"
            )


def _unknown_and_moved(books: Books) -> Iterable[str]:
    for order in books.orders.values():
        if order["submission"] == "unknown" and (
            not order["flagged_at"] or order["refunded"] or order["status"] not in OPEN
        ):
            yield f"order {order['id']}: {order['refunded']} given back"


def _unknown_without_cause(books: Books) -> Iterable[str]:
    """Unknown, although upstream answered plainly and nothing of ours was struck."""
    for order in books.orders.values():
        if order["submission"] != "unknown" or order["link"] in books.robbed:
            continue
        lines = books.by_link.get(order["link"], [])
        told = [line.get("fault", "?") for line in lines]
        for attempt in books.attempts_of[order["id"]]:
            until = attempt["sent_at"] + timedelta(seconds=LEASE)
            since = attempt["sent_at"] - timedelta(seconds=LEASE + 2)
            blows = [blow for blow in books.blows if since <= blow.at <= until]
            if any(blow.lasted >= CUTS.get(blow.kind, LONG) for blow in blows):
                break
        else:
            if told and not any(told):
                yield f"order {order['id']}"


def _unknown_though_told(books: Books) -> Iterable[str]:
    """Unknown, although it exists at a provider that tells whoever asks it again.

    That one does not exist is for a person to say, whatever the provider answers.
    """
    for order in upstream_too(books):
        if order["submission"] == "unknown" and order["link"] not in books.robbed:
            last = books.attempts_of[order["id"]][-1]
            if last["provider"] in books.market.telling:
                yield f"order {order['id']}"


def _status_differs(books: Books) -> Iterable[str]:
    for order, line in ended(books):
        if ENDED[order["status"]] != line["status"] and not changed_later(books, order):
            yield f"order {order['id']}: {order['status']}, but {line['status']}"


def _refund_wrong(books: Books) -> Iterable[str]:
    for order in books.orders.values():
        if order["submission"] == "withdrawn" and order["refunded"] != order["charge"]:
            yield f"order {order['id']}: {order['refunded']} of {order['charge']}"
    for order, line in ended(books):
        if ENDED[order["status"]] == line["status"]:
            due = refund_due(order["charge"], line)
            if due != order["refunded"]:
                yield f"order {order['id']}: {order['refunded']} instead of {due}"


def _refill_twice(books: Books) -> Iterable[str]:
    asked = Counter(
        (order["provider"], order["upstream_id"])
        for request in books.requests
        if request["kind"] == "refill"
        for order in [books.orders[request["order_id"]]]
    )
    for name, book in books.upstream.items():
        for number, count in Counter(
            str(one["order"]) for one in book["refills"]
        ).items():
            line = next(
                one
                for one in books.lines
                if one["provider"] == name and str(one["order"]) == number
            )
            if count > asked[name, name_of(line)]:
                yield f"{name} {number}: {count} refills"


def _balance_wrong(books: Books) -> Iterable[str]:
    spent: Counter[int] = Counter()
    for order in books.orders.values():
        spent[order["customer_id"]] += order["charge"] - order["refunded"]
    held: Counter[int] = Counter()
    for row in rows("SELECT * FROM ledger_account WHERE customer_id IS NOT NULL"):
        held[row["customer_id"]] += row["balance"]
    for customer in books.market.customers:
        left = customer.credit - spent[customer.user_id]
        if held[customer.user_id] != left:
            yield f"{customer.email}: {held[customer.user_id]} instead of {left}"


def _offers_withdrawn(books: Books) -> Iterable[str]:
    (row,) = rows(
        "SELECT count(*) AS count FROM provider_offer WHERE withdrawn_at IS NULL"
    )
    return (f"offer {number}" for number in range(row["count"], books.offers_before))


ZEROS: Mapping[str, Callable[[Books], Iterable[str]]] = {
    "accepted twice upstream": _accepted_twice,
    "sent without an attempt on record": _adds_without_attempt,
    "upstream, but no order of ours": _not_ours,
    "acknowledged, but not in our book": _told_and_lost,
    "acknowledged under another's number": _told_another,
    "ordered twice for one wish": _ordered_twice,
    "ordered under a key in use": _key_used_twice,
    "charged twice, or not exactly": _charged_otherwise,
    "accepted here, but not upstream": _not_upstream,
    "another order's upstream id": _mixed_up,
    "one upstream id for two orders": _id_shared,
    "upstream, but given back here": _given_back,
    "upstream, and nobody here knows": _not_known,
    "answer on record, but not applied": _not_applied,
    "neither ended, flagged nor held": _not_at_rest,
    "unknown, but given back or not flagged": _unknown_and_moved,
    "unknown without a cause": _unknown_without_cause,
    "unknown, though upstream would tell": _unknown_though_told,
    "ended otherwise than upstream": _status_differs,
    "refund wrong": _refund_wrong,
    "refills upstream that nobody asked for": _refill_twice,
    "customer's balance wrong": _balance_wrong,
    "offers lost by a broken catalogue": _offers_withdrawn,
    "promises that the audit finds broken": lambda books: books.audit,
}
