"""What the storefront does by itself, and what spans all rooms."""

import logging
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import actions as accounts
from accounts.models import User
from content import actions as content
from content import queries as pages
from content.enums import PageKind
from ledger import actions as ledger
from notices import actions as notices
from shop.auditing import broken
from shop.closing import ClosingRefused, left, obstacles

logger = logging.getLogger(__name__)


@transaction.atomic(durable=True)
def alert_about_audit() -> int:
    """Check every promise, tell the staff about those that are broken; how many."""
    findings = list(broken())
    for finding in findings:
        logger.error("Audit: %s", finding)
        notices.tell_staff(key=f"audit:{finding}"[:200], subject=f"Audit: {finding}")
    return len(findings)


def tell_news() -> int:
    """Tell customers of the news that came out; return how many pieces of it.

    Customers set by set, each in a step of its own; only then is it noted as told, so
    that what a crash leaves is told by the next run, and to nobody twice.
    """
    untold = pages.untold_news()
    for slug in untold:
        notices.tell_everybody(
            key=slug,
            write=_writer(slug),
            url=reverse("news_item", args=[slug]),
        )
        content.note_told(slug=slug)
    return len(untold)


def _writer(slug: str) -> Callable[[], tuple[str, str]]:
    """Return what says a piece of news in the language in force, read once for each."""

    @cache
    def words(_language: str | None) -> tuple[str, str]:
        found = pages.article(slug=slug, kinds=[PageKind.NEWS], drafts=True)
        return (found.title, found.summary) if found else (slug, "")

    return lambda: words(translation.get_language())


@transaction.atomic(durable=True)
def close_account(*, user: User, waive: bool) -> None:
    """Close a customer's account at their own wish; ClosingRefused where it stays open.

    1. Their accounts are locked: an order that is placed in this moment is seen.
    2. Whatever is still open refuses it, and so does money that they do not give up. What
       they give up stays on their account, in the books.
    3. The account is closed: no log-in, no key; and they are told by mail.
    """
    # Accounts before anything else, as wherever money moves: a dispute that arrives holds
    # them, and freezes the customer then.
    ledger.lock_customers(customer_ids=[user.pk])
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if locked.closed_at is not None:
        return
    found = obstacles(user=locked)
    if found or (left(user=locked) and not waive):
        raise ClosingRefused(found)
    accounts.close(user_id=locked.pk)
    _tell_of_closing(User.objects.get(pk=locked.pk))


def _tell_of_closing(user: User) -> None:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        notices.tell(
            user_id=user.pk,
            key=f"closed:{user.pk}:{user.closed_at}",
            subject=_("Your account is closed"),
            text=_(
                "If that was not you, or if you change your mind, please write to us "
                "within %(days)d days. Then your name and address are deleted."
            )
            % {"days": settings.CLOSING_DAYS},
        )
