"""What is only told: an order may be unknown, as long as everybody can see that it is."""

from collections.abc import Callable, Iterable, Mapping

from tests.chaos.books import ENDED, Books, changed_later, ended


def _unknown(books: Books, *, exists: bool) -> Iterable[str]:
    for order in books.orders.values():
        is_there = bool(books.by_link.get(order["link"]))
        if order["submission"] == "unknown" and is_there == exists:
            yield f"order {order['id']}"


def _flagged(books: Books) -> Iterable[str]:
    for order in books.orders.values():
        if order["flagged_at"] and order["submission"] != "unknown":
            yield f"order {order['id']}: {order['flag_reason']}"


FACTS: Mapping[str, Callable[[Books], Iterable[str]]] = {
    "unknown and flagged; it exists upstream": lambda books: _unknown(
        books, exists=True
    ),
    "unknown and flagged; it does not exist": lambda books: _unknown(
        books, exists=False
    ),
    "flagged for another reason": _flagged,
    "followed under the id that upstream named, which is another's": lambda books: (
        f"order {order['id']}: {order['upstream_id']}"
        for order, _owner in books.named_wrongly
    ),
    "held until later": lambda books: (
        f"order {order['id']}: {order['held_for']}"
        for order in books.orders.values()
        if order["submission"] == "held" and not order["flagged_at"]
    ),
    "changed upstream after it had ended": lambda books: (
        f"order {order['id']}: {order['status']}, now {line['status']}"
        for order, line in ended(books)
        if ENDED[order["status"]] != line["status"] and changed_later(books, order)
    ),
    "refills and cancels still open": lambda books: (
        f"{request['kind']} of order {request['order_id']}: {request['state']}"
        for request in books.requests
        if request["closed_at"] is None
    ),
}
