"""Going through the archive, page by page, and reading each reply again."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.replaying.readings import (
    Phrases,
    Reading,
    SeveralReplies,
    compared,
    skipped,
)
from orders.replaying.records import Records, records_of
from orders.replaying.requests import read_refill_statuses_again, read_requests_again
from orders.replaying.statuses import read_statuses_again
from orders.replaying.submissions import read_add_again
from provider.models import Provider, Reply
from provider.protocol.readers import read_balance, read_catalogue
from provider.protocol.replies import UnreadableReply
from provider.redaction import is_cut
from provider.upstream import client_of

# Replies that are held at once; each may be 64 KiB long.
PAGE = 200


def replay(
    *,
    provider: Provider | None = None,
    days: int | None = None,
    action: str | None = None,
    limit: int | None = None,
) -> Iterator[Reading]:
    """Yield what each kept reply reads today beside what was recorded, the newest first.

    Of one `provider`, of the last `days`, of one `action` of the protocol, of at most
    `limit` replies, where these are given. Reads only.
    """
    replies = Reply.objects.select_related("provider").order_by("-pk")
    if provider is not None:
        replies = replies.filter(provider=provider)
    if days is not None:
        replies = replies.filter(created_at__gte=Now() - timedelta(days=days))
    if action is not None:
        replies = replies.filter(action=action)
    phrases: dict[int, Phrases] = {}
    for page in _pages(replies, limit):
        found = records_of(page)
        for reply in page:
            if reply.provider_id not in phrases:
                known = client_of(reply.provider).endpoint.phrases
                phrases[reply.provider_id] = known
            yield from _read_again(reply, found, phrases[reply.provider_id])


def _pages(replies: QuerySet[Reply], limit: int | None) -> Iterator[list[Reply]]:
    left = limit
    last = None
    while left is None or left > 0:
        rest = replies if last is None else replies.filter(pk__lt=last)
        page = list(rest[: PAGE if left is None else min(PAGE, left)])
        if not page:
            return
        yield page
        last = page[-1].pk
        left = None if left is None else left - len(page)


def _read_again(reply: Reply, found: Records, phrases: Phrases) -> Iterator[Reading]:
    reader = READERS.get(reply.action)
    if reader is None:
        yield skipped(reply, "no reader for this call")
    elif reply.http_status is None:
        yield skipped(reply, f"no reply: {reply.failure or 'unknown why'}")
    elif is_cut(reply.body):
        yield skipped(reply, "only its beginning was kept")
    else:
        try:
            yield from reader(reply, found, phrases)
        except SeveralReplies:
            yield skipped(reply, "several replies in one")


def _is_read_again(reply: Reply, found: Records, phrases: Phrases) -> Iterator[Reading]:
    """Compare whether a balance or a catalogue can be read at all.

    Of a catalogue its run says whether it was; what has no run was kept as an answer.
    """
    read = read_balance if reply.action == "balance" else read_catalogue
    try:
        read(reply.body.encode(), phrases=phrases)
    except UnreadableReply as error:
        now = f"not readable: {error}"
    else:
        now = "readable"
    was = "readable" if found.readable.get(reply.pk, True) else "not readable"
    # What was not readable was not, for whatever reason.
    yield compared(reply, reply.provider, was, was if now.startswith(was) else now)


Reader = Callable[[Reply, Records, Phrases], Iterator[Reading]]
READERS: Mapping[str, Reader] = {
    "add": read_add_again,
    "status": read_statuses_again,
    "refill": read_requests_again,
    "cancel": read_requests_again,
    "refill_status": read_refill_statuses_again,
    "balance": _is_read_again,
    "services": _is_read_again,
}
