"""Sending the mail of the outbox."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from notices.enums import ALWAYS
from notices.mail import compose
from notices.models import Notice

logger = logging.getLogger(__name__)

BATCH = 50
RETRY = timedelta(minutes=10)


def send_due() -> int:
    """Send the mail that is due, and return how many messages went out.

    The row is pushed ahead before the mail leaves: a crash in between repeats a mail
    after RETRY rather than losing it.
    """
    sent = 0
    for notice in _claim():
        if _send(notice):
            _note_sent(notice)
            sent += 1
    return sent


@transaction.atomic(durable=True)
def _claim() -> list[Notice]:
    notices = list(
        Notice.objects.filter(mail_at__lte=Now())
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("user")
        .order_by("mail_at")[:BATCH]
    )
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        mail_at=Now() + RETRY
    )
    return notices


def _send(notice: Notice) -> bool:
    if notice.user is not None and not _reads(notice.user, notice):
        # To try again and again would help nobody.
        return True
    if notice.user is not None:
        to = [notice.user.email]
    else:
        staff = User.objects.filter(is_staff=True, is_active=True)
        to = list(staff.values_list("email", flat=True))
    try:
        compose(notice, to=to).send()
    except (OSError, SMTPException):
        logger.exception("Notice %s was not mailed", notice.pk)
        return False
    return True


def _reads(user: User, notice: Notice) -> bool:
    """Whether somebody reads it: of closed accounts only what is about the account."""
    if user.forgotten_at is not None:
        return False
    return user.is_active or notice.kind in ALWAYS


@transaction.atomic(durable=True)
def _note_sent(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(mail_at=None, mailed_at=Now())
