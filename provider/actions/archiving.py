"""Letting go of old upstream replies."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from provider.models import Reply

# Rows per transaction: each may be 64 KiB long, and what names it lets go of it first.
BATCH = 5_000


def forget_replies() -> int:
    """Delete the replies that are older than REPLY_DAYS; return how many.

    Batch by batch, the oldest first, each a transaction of its own, so that nobody
    waits for all of it. What was made of a reply stays in the order's history.
    """
    forgotten = 0
    while deleted := _forget_batch():
        forgotten += deleted
    return forgotten


@transaction.atomic(durable=True)
def _forget_batch() -> int:
    oldest = (
        Reply.objects.filter(created_at__lt=Now() - timedelta(days=settings.REPLY_DAYS))
        .order_by("created_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    # Only their numbers are read: a batch of whole replies may be 300 MB.
    rows = Reply.objects.filter(pk__in=list(oldest)).only("pk")
    _all, counts = rows.delete()
    return counts.get("provider.Reply", 0)
