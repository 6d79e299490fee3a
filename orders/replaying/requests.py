"""Reading the answers to `refill`, `cancel` and `refill_status` again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from orders.actions.refill_tracking import MEANS
from orders.enums import RefillStatus, RequestKind
from orders.models import OrderEvent
from orders.replaying.readings import (
    NOTHING_RECORDED,
    Phrases,
    Reading,
    compared,
    read_by_ids,
    skipped,
)
from orders.replaying.records import Records
from provider.models import Reply
from provider.protocol.readers import read_cancels, read_refill_statuses, read_refills
from provider.protocol.replies import (
    CancelAnswer,
    RefillAnswer,
    RefillStatusRow,
    RequestOutcome,
    UnreadableReply,
)

# How orders.actions.requesting and refill_tracking note what a request came to. The
# request's own row goes on to its next answer; its event stays.
_OUTCOME = re.compile(rf"(?:refill|cancel): ({'|'.join(RequestOutcome)})\b")
_STATUS = re.compile(rf"refill: ({'|'.join(RefillStatus.values)})\b")


def read_requests_again(
    reply: Reply, found: Records, phrases: Phrases
) -> Iterator[Reading]:
    """Compare what became of each request, and a refill's id, with what was recorded."""
    events = _noted(found.events.get(reply.pk, []), _OUTCOME)
    if not events:
        yield skipped(reply, NOTHING_RECORDED)
        return
    ours = [event.order.upstream_id or "" for event, _was in events]
    answers = _answers(reply, ours, phrases)
    for event, was in events:
        answer = answers[event.order.upstream_id or ""]
        known = found.refills.get(event.order_id, [])
        yield compared(
            reply,
            f"order {event.order_id}",
            _with_id(was, answer, known),
            _with_id(str(answer.outcome), answer),
        )


def _with_id(
    outcome: str, answer: RefillAnswer | CancelAnswer, known: Sequence[str] = ()
) -> str:
    """Return an outcome with the refill's id: the answer's, unless others are known."""
    if outcome != RequestOutcome.ACCEPTED or isinstance(answer, CancelAnswer):
        return outcome
    said = answer.refill_id or "nothing"
    return f"{outcome} as {' or '.join(known) if known and said not in known else said}"


def _answers(
    reply: Reply, ours: list[str], phrases: Phrases
) -> Mapping[str, RefillAnswer | CancelAnswer]:
    status = reply.http_status or 0
    if reply.action == RequestKind.CANCEL:
        return read_by_ids(
            reply,
            ours,
            lambda ids, body: read_cancels(ids, status, body, phrases=phrases),
        )
    return read_by_ids(
        reply, ours, lambda ids, body: read_refills(ids, status, body, phrases=phrases)
    )


def read_refill_statuses_again(
    reply: Reply, found: Records, phrases: Phrases
) -> Iterator[Reading]:
    """Compare how far each refill is with what was noted in its order's history."""
    events = _noted(found.events.get(reply.pk, []), _STATUS)
    if not events:
        yield skipped(reply, NOTHING_RECORDED)
        return
    ours = [one for event, _was in events for one in found.refills[event.order_id]]
    answers: dict[str, RefillStatusRow] = {}
    failure = ""
    try:
        answers = read_by_ids(
            reply, ours, partial(read_refill_statuses, phrases=phrases)
        )
    except UnreadableReply as error:
        failure = f"not readable: {error}"
    for event, was in events:
        rows = [answers.get(one) for one in found.refills[event.order_id]]
        said = [_meaning(row) for row in rows if row is not None]
        # An order may have had several refills: which one moved is not in the event.
        now = was if was in said else " or ".join(said) or failure or "nothing new"
        yield compared(reply, f"order {event.order_id}", was, now)


def _meaning(row: RefillStatusRow) -> str:
    status = MEANS.get(row.status) if row.status else None
    return "nothing new" if status is None else status.value


def _noted(
    events: list[OrderEvent], pattern: re.Pattern[str]
) -> list[tuple[OrderEvent, str]]:
    """Return the events that note such an answer, with what they say."""
    matches = [(event, pattern.match(event.reason)) for event in events]
    return [(event, match[1]) for event, match in matches if match]
