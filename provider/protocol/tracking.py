"""Reading the answer to `status`, of one order or of many."""

from collections.abc import Iterable, Mapping, Sequence

from provider.protocol.errors import ErrorClass, Phrase, classify, error_text
from provider.protocol.json_reply import read_json
from provider.protocol.pieces import (
    is_failure,
    is_success,
    names_other_ids,
    pieces_by_id,
    unwrap,
)
from provider.protocol.replies import ErrorReply, IdError, StatusRow, UnreadableReply
from provider.protocol.statuses import read_status
from provider.protocol.values import (
    given,
    read_currency,
    read_decimal,
    read_id,
    read_integer,
)

ORDER_ID_KEYS = ("order", "order_id", "id")
# Errors that are about the call, wherever in a reply they stand.
CALL_CLASSES = frozenset(
    {ErrorClass.PROVIDER_DOWN, ErrorClass.NO_FUNDS, ErrorClass.NOT_EXECUTED}
)


def read_statuses(
    ids: Sequence[str], body: bytes, *, phrases: Iterable[Phrase] = ()
) -> dict[str, StatusRow | IdError]:
    """Return what a reply says of each id that was asked; never of another.

    Ids that the reply leaves out, or about which it says nothing readable, are left out.
    Raises ErrorReply where the whole answer is an error, UnreadableReply where it has no
    form in which anything could be said of an id.
    """
    value = read_json(body)
    phrases = tuple(phrases)
    text = error_text(value)
    inner = unwrap(value)
    if text is None and (is_success(inner) or is_failure(inner)):
        raise UnreadableReply("shape")
    answers: dict[str, StatusRow | IdError] = {}
    for upstream_id, piece in pieces_by_id(value, ids, ORDER_ID_KEYS).items():
        answer = _read_piece(piece, phrases)
        if answer is not None:
            answers[upstream_id] = answer
    if text is not None and not answers and len(ids) == 1:
        answers[ids[0]] = IdError(text, classify(text, phrases=phrases))
    raise_call_error(text, list(answers.values()), phrases)
    if not answers and not names_other_ids(value):
        raise UnreadableReply("shape")
    return answers


def raise_call_error(
    text: str | None, answers: Sequence[object], phrases: Iterable[Phrase]
) -> None:
    """Raise ErrorReply where a reply brought nothing but one error about the call."""
    if text is not None and not answers:
        raise ErrorReply(text, classify(text, phrases=phrases))
    errors = [answer for answer in answers if isinstance(answer, IdError)]
    if errors and len(errors) == len(answers):
        first = errors[0]
        if all(error.error_class in CALL_CLASSES for error in errors):
            raise ErrorReply(first.text, first.error_class)


def _read_piece(piece: object, phrases: Iterable[Phrase]) -> StatusRow | IdError | None:
    text = error_text(piece)
    if text is not None:
        return IdError(text, classify(text, phrases=phrases))
    if not isinstance(piece, dict):
        return None
    status = piece.get("status")
    if not given(status) or isinstance(status, bool | list | dict):
        return None
    return _read_row(piece)


def _read_row(row: Mapping[str, object]) -> StatusRow:
    runs = given(row.get("runs"))
    return StatusRow(
        status=read_status(row["status"]),
        status_given=given(row["status"]),
        charge=read_decimal(row.get("charge")),
        charge_given=given(row.get("charge")),
        start_count=read_integer(row.get("start_count", row.get("start_counter"))),
        remains=read_integer(row.get("remains")),
        remains_given=given(row.get("remains")),
        currency=read_currency(row.get("currency")),
        quantity=read_integer(row.get("quantity")),
        runs=runs or None,
        orders=_child_ids(row.get("orders")),
    )


def _child_ids(value: object) -> tuple[str, ...]:
    """Return the ids in `orders`: a list of ids or of rows, each id once."""
    items = value if isinstance(value, list) else []
    named = (item.get("order") if isinstance(item, dict) else item for item in items)
    ids = (read_id(item) for item in named)
    return tuple(dict.fromkeys(child for child in ids if child is not None))
