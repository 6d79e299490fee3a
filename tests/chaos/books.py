"""Everything that was written down anywhere about one run, read once.

Rows are read by plain SQL, and what is due is worked out anew with fractions, so that a
mistake of the shop's code is not repeated here.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection

from tests.chaos.furnishing import Market
from tests.chaos.storm import Blow
from tests.chaos.wishes import Wish

Row = dict[str, Any]

STEP = Fraction(1, 100_000)
ENDED = {
    "completed": "Completed",
    "partial": "Partial",
    "canceled": "Canceled",
    "failed": "Failed",
}


@dataclass
class Books:
    """Everything that was written down anywhere, read once."""

    wishes: Sequence[Wish]
    market: Market
    # By the sandbox's name.
    upstream: Mapping[str, Row]
    blows: Sequence[Blow]
    audit: Sequence[str]
    offers_before: int

    def __post_init__(self) -> None:
        self.orders = {row["id"]: row for row in rows("SELECT * FROM orders_order")}
        self.attempts = rows("SELECT * FROM orders_attempt ORDER BY id")
        self.requests = rows("SELECT * FROM orders_orderrequest")
        names = {pk: name for name, pk in self.market.providers.items()}
        self.said = _said()
        self.lines = [
            {**line, "provider": name}
            for name, book in self.upstream.items()
            for line in book["orders"]
            # Its own: the runs of a drip-feed, the posts of a subscription.
            if not line.get("parent") and not line.get("subscription")
        ]
        self.by_link: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            self.by_link[line["link"]].append(line)
        self.by_id = {(line["provider"], name_of(line)): line for line in self.lines}
        self.ours: dict[str, list[Row]] = defaultdict(list)
        for order in self.orders.values():
            order["provider"] = names.get(order["provider_id"])
            self.ours[order["link"]].append(order)
        self.attempts_of: dict[int, list[Row]] = defaultdict(list)
        for attempt in self.attempts:
            attempt["provider"] = names[attempt["provider_id"]]
            self.attempts_of[attempt["order_id"]].append(attempt)

    @property
    def named_wrongly(self) -> list[tuple[Row, Row]]:
        """Our accepted orders whose id is, upstream, that of another link's order."""
        found = []
        for order in self.orders.values():
            line = self.line_of(order) if order["upstream_id"] else None
            if line is not None and line["link"] != order["link"]:
                found.append((order, line))
        return found

    @property
    def robbed(self) -> set[str]:
        """The links of orders whose id a provider has named for another one of ours."""
        return {owner["link"] for _order, owner in self.named_wrongly}

    def line_of(self, order: Row) -> Row | None:
        """Return what upstream says of an accepted order of ours."""
        return self.by_id.get((order["provider"], order["upstream_id"]))


def name_of(line: Row) -> str:
    """Return the id under which upstream has given an order to us."""
    return str(line.get("id", line["order"]))


def refund_due(charge: Decimal, line: Row) -> Decimal:
    """Return what goes back of `charge` for an order that ended as `line` says.

    In full where nothing came; else all but the share delivered, that share rounded up
    to the step of charges once noise beyond ten decimals is gone (ARCHITECTURE).
    """
    if line["status"] in {"Canceled", "Failed"}:
        return charge
    units = int(line["units"])
    delivered = int(line.get("delivered", units - int(line["remains"])))
    whole = line["status"] == "Completed" and not line.get("children")
    if whole or delivered >= units:
        return Decimal(0)
    share = Fraction(charge) * delivered / units
    share = Fraction(round(share * 10**10), 10**10)
    kept = math.ceil(share / STEP) * STEP
    back = Fraction(charge) - kept
    return Decimal(back.numerator) / Decimal(back.denominator)


def ended(books: Books) -> Iterable[tuple[Row, Row]]:
    """Yield our ended orders that were accepted, unflagged, with upstream's line."""
    for order in books.orders.values():
        line = books.line_of(order) if order["upstream_id"] else None
        if order["status"] in ENDED and line is not None and not order["flagged_at"]:
            yield order, line


def upstream_too(books: Books) -> Iterable[Row]:
    return (o for o in books.orders.values() if books.by_link.get(o["link"]))


def changed_later(books: Books, order: Row) -> bool:
    """Whether upstream itself said, of this very order, what we have taken for its end."""
    word = ENDED[order["status"]]
    return any(
        row.get("status") == word
        for reply in books.said[order["id"]]
        for row in [reply.get(order["upstream_id"], reply)]
    )


def _said() -> dict[int, list[Row]]:
    """Return the replies, as they came, that ended each order."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows(
        """
        SELECT e.order_id, r.body FROM orders_orderevent e
        JOIN provider_reply r ON r.id = e.reply_id
        WHERE e.new_status <> e.old_status AND r.action = 'status'
        """
    ):
        try:
            # Some put a notice before the JSON.
            reply = json.loads(row["body"][row["body"].index("{") :])
        except ValueError:
            continue
        found[row["order_id"]].append(reply)
    return found


def rows(query: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
