"""Letting go of notices that nobody needs any more."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from notices.models import Notice

KEPT = timedelta(days=90)
BATCH = 1000


def forget_read() -> int:
    """Delete customers' notices of more than 90 days ago that are done with.

    Those are the ones that were read, and those that were for the mail alone. Alerts of
    the staff stay: their keys keep them from being told again. Returns how many.
    """
    gone = 0
    while batch := _forget_some():
        gone += batch
    return gone


@transaction.atomic(durable=True)
def _forget_some() -> int:
    done = Q(read_at__isnull=False) | Q(in_shop=False)
    old = Notice.objects.filter(
        done,
        user__isnull=False,
        mail_at=None,
        digest_at=None,
        created_at__lt=Now() - KEPT,
    )
    found = list(old.order_by("id").values_list("pk", flat=True)[:BATCH])
    Notice.objects.filter(pk__in=found).delete()
    return len(found)
