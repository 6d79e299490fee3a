"""The daily mail: what a customer wants to read once a day, in one message."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from notices import queries
from notices.actions.telling import next_morning, put
from notices.enums import Kind
from notices.models import Notice

# More are in the shop.
MOST = 50


def send_digests() -> int:
    """Put the daily mails that are due into the outbox; return for how many customers."""
    done = 0
    while _send_one():
        done += 1
    return done


@transaction.atomic(durable=True)
def _send_one() -> bool:
    """Make one customer's mail of the day; False where nobody's is due.

    The mail has the customer and their day as its key, and is written together with
    the end of what it is made of: whatever dies, a day has one mail, and nothing is in
    two. What comes due after the day's mail waits for the next morning.
    """
    due = Notice.objects.filter(digest_at__lte=Now())
    user_id = due.order_by("digest_at").values_list("user_id", flat=True).first()
    if user_id is None:
        return False
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    notices = list(due.filter(user=user).order_by("id"))
    today = timezone.localdate(timezone=queries.zone_of(user))
    key = f"digest:{user.pk}:{today:%Y-%m-%d}"
    rows = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    if Notice.objects.filter(key=key).exists():
        morning = next_morning(queries.zone_of(user), at=timezone.now())
        rows.update(digest_at=morning)
        return True
    rows.update(digest_at=None, mailed_at=Now())
    # What was read in the shop meanwhile is no news.
    if unread := [notice for notice in notices if notice.read_at is None]:
        put([_digest(user, key, unread)])
    return True


def _digest(user: User, key: str, notices: Sequence[Notice]) -> Notice:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        count = len(notices)
        subject = ngettext("%(count)d notice", "%(count)d notices", count)
        parts = [_part(notice) for notice in notices[:MOST]]
        if count > MOST:
            parts.append(
                _("And %(count)d more, in the shop.") % {"count": count - MOST}
            )
        return Notice(
            user=user,
            kind=Kind.DIGEST,
            key=key,
            subject=subject % {"count": count},
            text="\n\n".join(parts),
            url=reverse("notices"),
            in_shop=False,
            mail_at=Now(),
        )


def _part(notice: Notice) -> str:
    lines = [notice.subject, notice.text]
    if notice.url:
        lines.append(settings.SITE_URL + notice.url)
    return "\n".join(filter(None, lines))
