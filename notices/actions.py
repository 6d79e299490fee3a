"""Putting notices into the outbox, and sending their mail."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone, translation

from accounts.models import User
from notices.models import Notice

logger = logging.getLogger(__name__)

BATCH = 50
RETRY = timedelta(minutes=10)


def tell_staff(*, key: str, subject: str, text: str = "", daily: bool = False) -> None:
    """Put an alert for the staff into the outbox, once per `key` (and day, if `daily`).

    Inside the caller's transaction, so that it stands or falls with its cause.
    """
    if daily:
        key = f"{key}:{timezone.now():%Y-%m-%d}"
    _put(Notice(key=key, subject=subject, text=text))


def tell(*, user_id: int, key: str, subject: str, text: str = "") -> None:
    """Put a notice for a customer into the outbox, once per `key`."""
    _put(Notice(user_id=user_id, key=key, subject=subject, text=text))


def tell_all(notices: Sequence[Notice]) -> None:
    """Put notices for customers into the outbox, in one statement, each once per key."""
    _put(*notices)


def _put(*notices: Notice) -> None:
    for notice in notices:
        # One line: a mail's subject with a line break is refused, and would stop its
        # batch.
        notice.subject = " ".join(notice.subject.split())[:200]
        notice.mail_at = Now()
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


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
    if notice.user is not None:
        to = [notice.user.email]
        language = notice.user.language or settings.LANGUAGE_CODE
    else:
        to = list(
            User.objects.filter(is_staff=True, is_active=True).values_list(
                "email", flat=True
            )
        )
        language = settings.LANGUAGE_CODE
    try:
        with translation.override(language):
            send_mail(f"{settings.SHOP_NAME}: {notice.subject}", notice.text, None, to)
    except (OSError, SMTPException):
        logger.exception("Notice %s was not mailed", notice.pk)
        return False
    return True


@transaction.atomic(durable=True)
def _note_sent(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(mail_at=None, mailed_at=Now())
