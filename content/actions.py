"""Publishing the terms, and customers' accepting them."""

import hashlib
import json

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from content import frame, queries
from content.enums import PageKind, Where
from content.models import Acceptance, Page, PageText, TermsText, TermsVersion
from content.samples import PAGES, samples


class TermsError(Exception):
    """Something about the terms that was not done; `message` is fit for staff."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


class NotAcceptedError(Exception):
    """Something that matters has changed, and the customer has not agreed to it."""


@transaction.atomic(durable=True)
def publish_terms(*, version: TermsVersion) -> TermsVersion:
    """Put a draft into force as the next version, for good.

    1. The draft is locked, so that its words stay as they are read here.
    2. It gets the next number and the digest of its texts; the first version always
       matters.
    3. On commit what the pages keep ready is forgotten.

    Raises TermsError where it is published already, or not written in the shop's first
    language.
    """
    draft = TermsVersion.objects.select_for_update().get(pk=version.pk)
    if draft.published_at is not None:
        raise TermsError(_("This version is published already."))
    texts = list(draft.texts.order_by("language"))
    if settings.LANGUAGES[0][0] not in {text.language for text in texts}:
        raise TermsError(_("Write it in the shop's first language first."))
    # Two drafts that are published at once would want the same number: one is refused.
    last = TermsVersion.objects.aggregate(last=Max("number"))["last"] or 0
    words = [[text.language, text.title, text.changes, text.body] for text in texts]
    TermsVersion.objects.filter(pk=draft.pk).update(
        number=last + 1,
        material=draft.material or last == 0,
        published_at=Now(),
        digest=hashlib.sha256(
            json.dumps(words, ensure_ascii=False).encode()
        ).hexdigest(),
    )
    transaction.on_commit(frame.forget, robust=True)
    draft.refresh_from_db()
    return draft


@transaction.atomic(durable=True)
def note_told(*, slug: str) -> None:
    """Note that customers were told of a piece of news."""
    Page.objects.filter(slug=slug, told_at=None).update(told_at=Now())


@transaction.atomic(durable=True)
def accept_terms(
    *, user: User, number: int, where: Where, address: str | None = None
) -> bool:
    """Note that somebody accepted a version; False unless it is the one in force."""
    now = queries.standing(user_id=user.pk)
    if now is None or now.number != number:
        return False
    accept(user_id=user.pk, version_id=now.version_id, where=where, address=address)
    return True


def accept_by_order(
    *, user_id: int, agreed: int | None, asked: bool, address: str | None
) -> int | None:
    """Note that an order accepts the terms in force, and return their number.

    Inside the caller's step. `agreed` is the version that the customer agreed to when
    they were asked. Where something that matters has changed since they accepted last
    and they have not agreed to it, NotAcceptedError; unless nobody was there to be
    `asked`, as a program orders under the terms as they stand.
    """
    now = queries.standing(user_id=user_id)
    if now is None:
        return None
    if now.asks and asked and agreed != now.number:
        raise NotAcceptedError
    if not now.accepted:
        accept(
            user_id=user_id,
            version_id=now.version_id,
            where=Where.ASKED if now.asks and asked else Where.ORDER,
            address=address,
        )
    return now.number


def accept(*, user_id: int, version_id: int, where: Where, address: str | None) -> None:
    """Note an acceptance, once for each version. Inside the caller's step."""
    if not connection.in_atomic_block:
        raise RuntimeError("An acceptance belongs into the step that it allows.")
    # Two orders at once accept the same version: the first of them is kept.
    Acceptance.objects.bulk_create(
        [
            Acceptance(
                user_id=user_id, version_id=version_id, where=where, address=address
            )
        ],
        ignore_conflicts=True,
    )


@transaction.atomic(durable=True)
def write_samples() -> list[str]:
    """Write the sample pages, published, and a draft of the terms.

    Of each kind, only where nothing is written yet. Returns the kinds that were written,
    "terms" among them; the draft is published by `publish_terms`.
    """
    written = []
    for kind in PAGES:
        if not Page.objects.filter(kind=kind).exists():
            _write_pages(kind)
            written.append(str(kind))
    if not TermsVersion.objects.exists():
        draft = TermsVersion.objects.create()
        TermsText.objects.bulk_create(
            TermsText(
                version=draft,
                language=sample.language,
                title=sample.title,
                body=sample.body,
            )
            for sample in samples(name="terms")
        )
        written.append("terms")
    transaction.on_commit(frame.forget, robust=True)
    return written


def _write_pages(kind: PageKind) -> None:
    pages: dict[str, Page] = {}
    for sample in samples(name=kind):
        if sample.slug not in pages:
            pages[sample.slug] = Page.objects.create(
                kind=kind,
                slug=sample.slug,
                position=10 * (len(pages) + 1),
                published_at=Now(),
            )
        PageText.objects.create(
            page=pages[sample.slug],
            language=sample.language,
            title=sample.title,
            summary=sample.summary,
            body=sample.body,
        )
