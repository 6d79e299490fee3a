"""Reading the answer to `refill_status`, of one refill or of many."""

from collections.abc import Iterable, Sequence

from provider.protocol.errors import ErrorClass, Phrase, classify, error_text
from provider.protocol.json_reply import read_json
from provider.protocol.pieces import names_other_ids, pieces_by_id
from provider.protocol.replies import IdError, RefillStatusRow, UnreadableReply
from provider.protocol.statuses import RefillStatus, read_refill_status
from provider.protocol.tracking import raise_call_error
from provider.protocol.values import given

_ID_KEYS = ("refill", "refill_id", "id")


def read_refill_statuses(
    ids: Sequence[str], body: bytes, *, phrases: Iterable[Phrase] = ()
) -> dict[str, RefillStatusRow]:
    """Return what a reply says of each refill that was asked; never of another.

    "Refill not found" is a status of its own, and any other error about one refill is a
    status that we do not know. Raises ErrorReply where the whole answer is an error,
    UnreadableReply where it has no form in which anything could be said of a refill.
    """
    value = read_json(body)
    phrases = tuple(phrases)
    found = {
        refill_id: _read_piece(piece, phrases)
        for refill_id, piece in pieces_by_id(value, ids, _ID_KEYS).items()
    }
    answers = {name: answer for name, answer in found.items() if answer is not None}
    text = error_text(value)
    if text is not None and not answers and len(ids) == 1:
        answers = {ids[0]: IdError(text, classify(text, phrases=phrases))}
    raise_call_error(text, list(answers.values()), phrases)
    if not answers and not names_other_ids(value):
        raise UnreadableReply("shape")
    return {name: _row(answer) for name, answer in answers.items()}


def _read_piece(
    piece: object, phrases: Iterable[Phrase]
) -> RefillStatusRow | IdError | None:
    """Return the status in a row, or in a bare word under the refill's id."""
    content = piece.get("status") if isinstance(piece, dict) else piece
    text = error_text(piece) if isinstance(piece, dict) else None
    if isinstance(content, dict):
        text = error_text(content)
    if text is not None:
        return IdError(text, classify(text, phrases=phrases))
    if not given(content) or isinstance(content, bool | list | dict):
        return None
    return RefillStatusRow(read_refill_status(content), given(content))


def _row(answer: RefillStatusRow | IdError) -> RefillStatusRow:
    if isinstance(answer, RefillStatusRow):
        return answer
    not_found = answer.error_class is ErrorClass.UNKNOWN_ID
    return RefillStatusRow(RefillStatus.NOT_FOUND if not_found else None, answer.text)
