"""Reading the answers to `refill` and `cancel`: requests that were made for each id.

Like `add` these are not safe to repeat blindly, so every id that was asked gets an
answer, and what cannot be read is unknown. Nothing here raises.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from provider.protocol.adding import TOO_MANY_REQUESTS
from provider.protocol.errors import ErrorClass, Phrase, classify, error_text
from provider.protocol.json_reply import read_json
from provider.protocol.pieces import is_success, pieces_by_id, unwrap
from provider.protocol.replies import (
    CancelAnswer,
    RefillAnswer,
    RequestOutcome,
    UnreadableReply,
)
from provider.protocol.tracking import CALL_CLASSES
from provider.protocol.values import given, read_id

_ORDER_KEYS = ("order", "order_id")
_CONTENT_KEYS = ("refill", "refill_id", "cancel")
_ACCEPTED_WORDS = frozenset({"1", "true", "success", "ok", "accepted"})


def read_refills(
    ids: Sequence[str], http_status: int, body: bytes, *, phrases: Iterable[Phrase] = ()
) -> dict[str, RefillAnswer]:
    """Return what became of the refill of each order in `ids`.

    Accepted needs the refill's id: without it nobody can follow the refill.
    """
    reply = _Reply(http_status, tuple(phrases), _refill_id)
    return reply.read(ids, body)


def read_cancels(
    ids: Sequence[str], http_status: int, body: bytes, *, phrases: Iterable[Phrase] = ()
) -> dict[str, CancelAnswer]:
    """Return what became of the request to cancel each order in `ids`.

    `{"status": "success"}` alone accepts them all. Accepted means that the request was
    taken, not that the order is canceled.
    """
    reply = _Reply(http_status, tuple(phrases), _cancel_mark)
    return {
        order_id: CancelAnswer(
            answer.outcome, answer.error, answer.error_class, answer.whole
        )
        for order_id, answer in reply.read(ids, body).items()
    }


@dataclass(frozen=True)
class _Reply:
    """How to judge a reply. `accept` returns an id, or a mark, for an accepted piece."""

    http_status: int
    phrases: tuple[Phrase, ...]
    accept: Callable[[object], str | None]

    def read(self, ids: Sequence[str], body: bytes) -> dict[str, RefillAnswer]:
        try:
            value = read_json(body)
        except UnreadableReply as error:
            return dict.fromkeys(ids, self._silent(error.reason))
        pieces = pieces_by_id(value, ids, _ORDER_KEYS)
        missing = self._silent("left_out") if pieces else self._judge_whole(value)
        if not pieces and len(ids) > 1:
            refused = missing.outcome is RequestOutcome.REFUSED
            missing = replace(missing, whole=refused)
        return {
            order_id: self._judge(pieces[order_id]) if order_id in pieces else missing
            for order_id in ids
        }

    def _judge(self, piece: object) -> RefillAnswer:
        accepted = self.accept(piece)
        if accepted is not None:
            return RefillAnswer(RequestOutcome.ACCEPTED, accepted)
        text = error_text(_content(piece)) or error_text(piece)
        return self._silent("shape") if text is None else self._failed(text)

    def _judge_whole(self, value: object) -> RefillAnswer:
        """Judge an answer that names no id: about the call, and so about each id."""
        text = error_text(value)
        if text is not None:
            return self._failed(text)
        if self.accept is _cancel_mark and is_success(unwrap(value)):
            return RefillAnswer(RequestOutcome.ACCEPTED)
        return self._silent("shape")

    def _failed(self, text: str) -> RefillAnswer:
        error_class = classify(text, phrases=self.phrases)
        outcome = RequestOutcome.REFUSED
        if error_class in CALL_CLASSES or self.http_status == TOO_MANY_REQUESTS:
            outcome = RequestOutcome.NOT_EXECUTED
        elif error_class is ErrorClass.UNRECOGNISED and self.http_status >= 500:
            outcome = RequestOutcome.UNKNOWN
        return RefillAnswer(outcome, error=text, error_class=error_class)

    def _silent(self, reason: str) -> RefillAnswer:
        if self.http_status == TOO_MANY_REQUESTS:
            error_class = ErrorClass.NOT_EXECUTED
            outcome = RequestOutcome.NOT_EXECUTED
            return RefillAnswer(outcome, error=reason, error_class=error_class)
        return RefillAnswer(RequestOutcome.UNKNOWN, error=reason)


def _content(piece: object) -> object:
    """Return what stands under the action's own name, else the piece itself."""
    if not isinstance(piece, dict):
        return piece
    return next((piece[key] for key in _CONTENT_KEYS if key in piece), None)


def _refill_id(piece: object) -> str | None:
    return read_id(_content(piece))


def _cancel_mark(piece: object) -> str | None:
    content = _content(piece)
    if content is None and is_success(piece):
        return "1"
    return "1" if given(content).lower() in _ACCEPTED_WORDS else read_id(content)
