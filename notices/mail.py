"""What a notice looks like as a mail."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from notices import stopping
from notices.enums import ALWAYS, Kind
from notices.models import Notice


def compose(notice: Notice, *, to: Sequence[str]) -> EmailMessage:
    """Return a notice as a mail: an alert as it is, a customer's in their language.

    A customer's mail leads to what it is about, says why it came, and how to have no
    more of its kind, in its text and for mail programs (RFC 8058).
    """
    subject = f"{settings.SHOP_NAME}: {notice.subject}"
    if notice.user is None:
        with translation.override(settings.LANGUAGE_CODE):
            return EmailMessage(subject, notice.text, None, to)
    stop_url = _stop_url(notice.user.pk, Kind(notice.kind))
    with translation.override(notice.user.language or settings.LANGUAGE_CODE):
        body = render_to_string(
            "notices/mail.txt",
            {
                "text": notice.text,
                "url": settings.SITE_URL + notice.url if notice.url else "",
                "kind": notice.get_kind_display(),
                "is_digest": notice.kind == Kind.DIGEST,
                "shop_name": settings.SHOP_NAME,
                "site_url": settings.SITE_URL,
                "choices_url": settings.SITE_URL + reverse("notification_choices"),
                "stop_url": stop_url,
            },
        )
    headers = {}
    if stop_url:
        headers["List-Unsubscribe"] = f"<{stop_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return EmailMessage(subject, body, None, to, headers=headers)


def _stop_url(user_id: int, kind: Kind) -> str:
    """Return where a kind of mail is stopped, or "" for one that cannot be."""
    if kind in ALWAYS:
        return ""
    token = stopping.token(user_id=user_id, kind=kind)
    return settings.SITE_URL + reverse("stop_mail", args=[token])
