"""Replies about several ids: which piece of one belongs to which id that was asked."""

from collections.abc import Sequence

from provider.protocol.errors import ORDER_KEYS, says_failed
from provider.protocol.values import given, read_id

_WRAPPERS = ("data", "result", "response", "orders", "refills")
_GOOD_WORDS = frozenset({"success", "ok", "true", "1", "200"})


def is_success(value: object) -> bool:
    """Whether `value` only says that all is well, and nothing of an order.

    A bare `{"status": "success"}` is not an order that was completed.
    """
    if not isinstance(value, dict) or ORDER_KEYS & value.keys():
        return False
    words = (given(value.get(key)).lower() for key in ("status", "success", "ok"))
    return any(word in _GOOD_WORDS for word in words)


def is_failure(value: object) -> bool:
    """Whether `value` only says that the call failed, and nothing of an order."""
    return isinstance(value, dict) and says_failed(value)


def unwrap(value: object) -> object:
    """Return what is inside `{"data": …}` and the like, down to three envelopes."""
    for _level in range(3):
        inner = _inside(value)
        if inner is None:
            break
        value = inner
    return value


def pieces_by_id(
    value: object, ids: Sequence[str], id_keys: Sequence[str]
) -> dict[str, object]:
    """Return the pieces of a reply by the id that they belong to, for asked ids only.

    Reads an object keyed by id, a list of rows that name their id under one of
    `id_keys`, and, where one id was asked, a row that names no id at all. Where an id
    comes twice, the first piece counts.
    """
    value = unwrap(value)
    rows = value if isinstance(value, list) else [value]
    pieces: dict[str, object] = {}
    for row in rows:
        for upstream_id, piece in _owned(row, ids, id_keys, only=len(rows) == 1):
            pieces.setdefault(upstream_id, piece)
    return pieces


def names_other_ids(value: object) -> bool:
    """Whether a reply has the right form, but speaks of ids that were not asked."""
    value = unwrap(value)
    if isinstance(value, list):
        return all(isinstance(row, dict) for row in value)
    return isinstance(value, dict) and all(key.isdecimal() for key in value)


def _inside(value: object) -> object:
    """Return the content of an envelope, or None where `value` is not one."""
    if not isinstance(value, dict) or (ORDER_KEYS - {"orders"}) & value.keys():
        return None
    if "status" in value and given(value["status"]).lower() not in _GOOD_WORDS:
        return None
    inner = (value[key] for key in _WRAPPERS if isinstance(value.get(key), list | dict))
    return next(inner, None)


def _owned(
    row: object, ids: Sequence[str], id_keys: Sequence[str], *, only: bool
) -> list[tuple[str, object]]:
    if not isinstance(row, dict):
        return []
    keyed = [(key.strip(), row[key]) for key in row if key.strip() in ids]
    if keyed:
        return keyed
    names = [name for name in (read_id(row.get(key)) for key in id_keys) if name]
    if names:
        return [(names[0], row)] if names[0] in ids else []
    return [(ids[0], row)] if only and len(ids) == 1 else []
