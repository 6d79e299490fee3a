"""What people do with a payment: look at it, and take it off the list."""

from django.db import transaction

from accounts.models import User
from payments.models import TopUp, TopUpEvent


@transaction.atomic(durable=True)
def release(*, top_up: TopUp, by: User, note: str) -> bool:
    """Take a payment off the list of flagged ones; return whether it was on it."""
    found = TopUp.objects.filter(pk=top_up.pk, flagged_at__isnull=False)
    if not found.update(flagged_at=None, flag_reason=""):
        return False
    TopUpEvent.objects.create(
        top_up=top_up,
        old=top_up.state,
        new=top_up.state,
        reason=f"looked at: {note}"[:200],
        by=by,
    )
    return True
