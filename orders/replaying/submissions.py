"""Reading the answers to `add` again."""

from collections.abc import Iterator, Mapping

from orders.enums import Outcome
from orders.models import Attempt
from orders.replaying.readings import (
    NOTHING_RECORDED,
    Phrases,
    Reading,
    compared,
    skipped,
)
from orders.replaying.records import Records
from provider.models import Reply
from provider.protocol.readers import read_add
from provider.protocol.replies import AddAnswer, AddOutcome

# What an attempt with such an answer is recorded as; the others bear the same name.
OUTCOMES: Mapping[AddOutcome, Outcome] = {
    AddOutcome.HELD_FUNDS: Outcome.HELD,
    AddOutcome.HELD_LINK: Outcome.HELD,
    AddOutcome.HELD_WORDING: Outcome.HELD,
    AddOutcome.PROVIDER_DOWN: Outcome.NOT_EXECUTED,
}


def read_add_again(reply: Reply, found: Records, phrases: Phrases) -> Iterator[Reading]:
    """Compare the outcome and the id with those of the attempt."""
    attempt = found.attempts.get(reply.pk)
    if attempt is None:
        yield skipped(reply, NOTHING_RECORDED)
        return
    # Headers are not kept: they only say how long to wait.
    answer = read_add(reply.http_status or 0, {}, reply.body.encode(), phrases=phrases)
    outcome = OUTCOMES.get(answer.outcome) or Outcome(answer.outcome.value)
    upstream_id = answer.upstream_id
    if outcome == Outcome.ACCEPTED and _is_anothers(attempt, answer):
        outcome, upstream_id = Outcome.UNKNOWN, None
    was = _words(attempt.outcome, attempt.upstream_id)
    now = _words(outcome, upstream_id)
    if was != now and attempt.pk in found.found_otherwise:
        yield skipped(reply, "settled by other evidence", f"order {attempt.order_id}")
        return
    yield compared(reply, f"order {attempt.order_id}", was, now)


def _is_anothers(attempt: Attempt, answer: AddAnswer) -> bool:
    """Whether the id is another attempt's: such an answer proves nothing."""
    if attempt.upstream_id is not None:
        return False
    same = Attempt.objects.filter(
        provider=attempt.provider_id, upstream_id=answer.upstream_id
    )
    return same.exclude(pk=attempt.pk).exists()


def _words(outcome: str, upstream_id: str | None) -> str:
    return outcome if upstream_id is None else f"{outcome} as {upstream_id}"
