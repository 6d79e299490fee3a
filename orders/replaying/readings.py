"""What a second reading of a reply came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qs

from provider.models import Reply
from provider.protocol.errors import Phrase
from provider.redaction import ASKED_BYTES, is_cut

Answer = TypeVar("Answer")
Phrases = tuple[Phrase, ...]

NOTHING_RECORDED = "nothing was recorded on it"


class Verdict(StrEnum):
    """Whether a reply is read as it was."""

    SAME = "the same"
    DIFFERENT = "differently"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Reading:
    """One thing that a reply says. `was` is what was recorded, `now` what it reads today.

    Where it was skipped, `now` says why.
    """

    reply_id: int
    action: str
    subject: str
    verdict: Verdict
    was: str
    now: str


class SeveralReplies(Exception):
    """Several replies were kept as one, and cannot be told apart any more."""


def compared(reply: Reply, subject: object, was: str, now: str) -> Reading:
    """Return the reading of what was recorded as `was` and says `now` today."""
    verdict = Verdict.SAME if was == now else Verdict.DIFFERENT
    return Reading(reply.pk, reply.action, str(subject), verdict, was, now)


def skipped(reply: Reply, why: str, subject: object = "") -> Reading:
    """Return the reading of what cannot be compared."""
    return Reading(reply.pk, reply.action, str(subject), Verdict.SKIPPED, "", why)


def read_by_ids(
    reply: Reply,
    ours: list[str],
    reader: Callable[[list[str], bytes], Mapping[str, Answer]],
) -> dict[str, Answer]:
    """Return what a reply says of each id that was asked, and of `ours` in any case.

    Replies that were asked for one by one were kept line by line, as their questions
    were. Raises SeveralReplies where the lines do not fit, and what `reader` raises.
    """
    questions = reply.asked.split("\n")
    if len(questions) == 1:
        ids = list(dict.fromkeys([*_ids(reply.asked), *ours]))
        return dict(reader(ids, reply.body.encode()))
    bodies = reply.body.split("\n")
    if len(bodies) != len(questions):
        raise SeveralReplies
    answers: dict[str, Answer] = {}
    for question, body in zip(questions, bodies, strict=True):
        answers |= reader(_ids(question), body.encode())
    return answers


def _ids(asked: str) -> list[str]:
    """Return the ids in a question; the last one may be cut where the question is."""
    fields = parse_qs(asked)
    found = [
        one
        for name in ("order", "orders", "refill", "refills")
        for value in fields.get(name, [])
        for one in value.split(",")
    ]
    return found[:-1] if is_cut(asked, most=ASKED_BYTES) else found
