"""Putting notices into the outbox, each cause once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone, translation

from accounts.models import User
from notices import queries
from notices.enums import Kind, Mail
from notices.models import Notice

# When the daily mail goes out, where its reader lives.
MORNING = time(9)
# So many customers are told of news in one step.
SET = 500


@dataclass(frozen=True)
class News:
    """Something to tell a customer of; whether and how they hear of it is their choice.

    `write` returns subject and text. It is called in the customer's language, and only
    where somebody will read it. `mailed` is false for what comes too often for mail.
    """

    user_id: int
    kind: Kind
    key: str
    write: Callable[[], tuple[str, str]]
    # The path of the page that it is about.
    url: str = ""
    mailed: bool = True


def tell_staff(*, key: str, subject: str, text: str = "", daily: bool = False) -> None:
    """Put an alert for the staff into the outbox, once per `key` (and day, if `daily`).

    Inside the caller's transaction, so that it stands or falls with its cause.
    """
    if daily:
        key = f"{key}:{timezone.now():%Y-%m-%d}"
    put([Notice(key=key, subject=subject, text=text, mail_at=Now())])


def tell(
    *,
    user_id: int,
    key: str,
    subject: str,
    text: str = "",
    url: str = "",
    kind: Kind = Kind.ACCOUNT,
) -> None:
    """Tell a customer something that is written already, once per `key`.

    Without a kind it is about the account itself, and told whatever they have chosen.
    """
    news = News(
        user_id=user_id, kind=kind, key=key, write=lambda: (subject, text), url=url
    )
    tell_all([news])


def tell_all(news: Sequence[News]) -> None:
    """Tell customers, each as they have chosen, and each cause once.

    One query for who they are and what they want, and one statement for what is left
    after that. Inside the caller's transaction.
    """
    people = queries.people(user_ids={item.user_id for item in news})
    put(
        [
            notice
            for item in news
            if (notice := _written(item, people[item.user_id])) is not None
        ]
    )


def tell_everybody(
    *, key: str, write: Callable[[], tuple[str, str]], url: str = ""
) -> int:
    """Tell every customer who can log in some news of the shop; return how many.

    Set by set, each in a step of its own: done again after a crash it tells those who
    were not told. Not inside another transaction.
    """
    users = User.objects.filter(is_active=True).order_by("id")
    last, count = 0, 0
    while ids := list(users.filter(pk__gt=last).values_list("pk", flat=True)[:SET]):
        _tell_set(
            [
                News(
                    user_id=pk,
                    kind=Kind.NEWS,
                    key=f"news:{key}:{pk}",
                    write=write,
                    url=url,
                )
                for pk in ids
            ]
        )
        last, count = ids[-1], count + len(ids)
    return count


@transaction.atomic(durable=True)
def _tell_set(news: Sequence[News]) -> None:
    tell_all(news)


def _written(news: News, person: queries.Person) -> Notice | None:
    """Return what one customer is to read; None where they want none of it."""
    wish = person.wish(news.kind)
    mail = wish.mail if news.mailed else Mail.NEVER
    if not wish.in_shop and mail == Mail.NEVER:
        return None
    with translation.override(person.language):
        subject, text = news.write()
    notice = Notice(
        user_id=news.user_id,
        kind=news.kind,
        key=news.key[:200],
        subject=subject,
        text=text,
        url=news.url,
        in_shop=wish.in_shop,
    )
    if mail == Mail.NOW:
        notice.mail_at = Now()
    elif mail == Mail.DAILY:
        notice.digest_at = next_morning(person.zone, at=timezone.now())
    return notice


def next_morning(zone: ZoneInfo, *, at: datetime) -> datetime:
    """Return when it is next nine in the morning there, after `at`."""
    there = at.astimezone(zone)
    morning = datetime.combine(there.date(), MORNING, zone)
    if morning <= there:
        morning = datetime.combine(there.date() + timedelta(days=1), MORNING, zone)
    return morning.astimezone(UTC)


def put(notices: Sequence[Notice]) -> None:
    """Write notices into the outbox in one statement; what it has a key of stays."""
    for notice in notices:
        # One line: a mail's subject with a line break is refused, and would stop its
        # batch.
        notice.subject = " ".join(notice.subject.split())[:200]
    if notices:
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
