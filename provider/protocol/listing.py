"""Reading the answer to `orders`: the newest orders of our key, where a provider has it.

An extra of some providers, without a document: read as tolerantly as a catalogue, and a
row that names no id is left out.
"""

from collections.abc import Iterable

from provider.protocol.errors import Phrase, classify, error_text
from provider.protocol.json_reply import read_json
from provider.protocol.pieces import unwrap
from provider.protocol.replies import ErrorReply, ListedOrder, UnreadableReply
from provider.protocol.values import given, read_decimal, read_id, read_integer

_ID_KEYS = ("order", "order_id", "id")
_SERVICE_KEYS = ("service", "service_id")
_LINK_KEYS = ("link", "url")
_QUANTITY_KEYS = ("quantity", "units")


def read_orders(body: bytes, *, phrases: Iterable[Phrase] = ()) -> list[ListedOrder]:
    """Return the orders that a provider lists, in its order.

    Raises ErrorReply where the answer is an error, UnreadableReply where it is no list.
    """
    value = unwrap(read_json(body))
    if isinstance(value, dict) and (text := error_text(value)) is not None:
        raise ErrorReply(text, classify(text, phrases=phrases))
    if isinstance(value, dict):
        rows = [
            {**row, "order": name}
            for name, row in value.items()
            if isinstance(row, dict)
        ]
        if len(rows) != len(value):
            raise UnreadableReply("shape")
    elif isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
    else:
        raise UnreadableReply("shape")
    listed = [_row(row) for row in rows]
    return [row for row in listed if row is not None]


def _row(row: dict[str, object]) -> ListedOrder | None:
    upstream_id = read_id(_first(row, _ID_KEYS))
    if upstream_id is None:
        return None
    return ListedOrder(
        upstream_id=upstream_id,
        service=given(_first(row, _SERVICE_KEYS)),
        link=_text(_first(row, _LINK_KEYS)),
        request_id=given(row.get("request_id")),
        quantity=read_integer(_first(row, _QUANTITY_KEYS)),
        charge=read_decimal(row.get("charge")),
    )


def _first(row: dict[str, object], keys: Iterable[str]) -> object:
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)


def _text(value: object) -> str:
    """Return a link whole: `given` would cut a long one."""
    return value.strip() if isinstance(value, str) else ""
