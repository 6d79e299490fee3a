"""What customers have read."""

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from notices import queries
from notices.models import Notice


@transaction.atomic(durable=True)
def mark_read(*, user: User, notice_id: int) -> Notice | None:
    """Mark a customer's own notice as read and return it; None where it is not theirs."""
    notice = queries.notice_of(user=user, notice_id=notice_id)
    if notice is not None:
        Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=Now())
    return notice


@transaction.atomic(durable=True)
def mark_all_read(*, user: User, newest: int) -> int:
    """Mark a customer's notices as read up to the newest that they saw; return how many."""
    seen = queries.notices_of(user=user, before=newest + 1).order_by()
    return seen.filter(read_at=None).update(read_at=Now())
