"""Whose balance is low, told once until it was high again."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from notices.models import BalanceWatch


def note_balances(
    *, balances: Mapping[int, Decimal], charged: Collection[int]
) -> list[int]:
    """Note what customers have left; return who is to be told that it is low.

    Each has a threshold of their own, or the shop's. Who is `charged` and below it is to
    be told, unless they were; who is not below it may be told again some day. A constant
    number of statements, inside the caller's transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("What is noted is told in the same transaction.")
    watches = {
        watch.user_id: watch
        for watch in BalanceWatch.objects.select_for_update(no_key=True)
        .filter(user__in=balances)
        .order_by("id")
    }
    fallen, risen = [], []
    for user_id, balance in balances.items():
        watch = watches.get(user_id)
        own = watch.threshold if watch else None
        threshold = settings.LOW_BALANCE if own is None else own
        knows = watch is not None and watch.low_at is not None
        if balance >= threshold:
            if knows:
                risen.append(user_id)
        elif user_id in charged and not knows:
            fallen.append(user_id)
    BalanceWatch.objects.filter(user__in=risen).update(low_at=None)
    BalanceWatch.objects.bulk_create(
        [BalanceWatch(user_id=user_id, low_at=Now()) for user_id in fallen],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["low_at"],
    )
    return fallen
