"""Reading what owners wrote, in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from django.conf import settings
from django.db.models import Subquery
from django.db.models.functions import Now
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from content.enums import PageKind
from content.markdown import render
from content.models import Acceptance, Page, TermsText, TermsVersion

# For so long after it came out customers are told of a piece of news.
TELLING = timedelta(days=2)


class _Written(Protocol):
    language: str


Written = TypeVar("Written", bound=_Written)


@dataclass(frozen=True)
class Article:
    """A page as somebody reads it. `language` is that of the words."""

    slug: str
    address: str
    title: str
    summary: str
    body: str
    language: str
    published_at: datetime | None

    @property
    def html(self) -> SafeString:
        """The body as HTML."""
        return render(self.body)


@dataclass(frozen=True)
class Terms:
    """A version of the terms as somebody reads it."""

    number: int | None
    title: str
    changes: str
    body: str
    language: str
    published_at: datetime | None

    @property
    def html(self) -> SafeString:
        """The body as HTML."""
        return render(self.body)

    @property
    def changes_html(self) -> SafeString:
        """What has changed, as HTML."""
        return render(self.changes)


@dataclass(frozen=True)
class Standing:
    """The terms in force, and how a customer stands to them.

    `asks` where something that matters has changed since they accepted last.
    """

    version_id: int
    number: int
    published_at: datetime
    accepted: bool
    asks: bool


def in_language(
    texts: Iterable[Written], language: str | None = None
) -> Written | None:
    """Return the text in a language (or the current one), else in the shop's first one.

    Where there is neither, any other is better than none.
    """
    by_language = {text.language: text for text in texts}
    wanted = language or get_language() or ""
    for code in (wanted, wanted.partition("-")[0], settings.LANGUAGES[0][0]):
        if code in by_language:
            return by_language[code]
    return next(iter(by_language.values()), None)


def articles(
    *kinds: PageKind, drafts: bool = False, most: int | None = None
) -> list[Article]:
    """Return the pages of some kinds by position, newest first; drafts for staff only."""
    pages = Page.objects.filter(kind__in=kinds).order_by(
        "position", "-published_at", "-pk"
    )
    if not drafts:
        pages = pages.filter(published_at__lte=Now())
    read = [_article(page) for page in pages.prefetch_related("texts")[:most]]
    return [article for article in read if article is not None]


def news(*, drafts: bool = False, most: int | None = None) -> list[Article]:
    """Return the news, newest first whatever its position."""
    pages = Page.objects.filter(kind=PageKind.NEWS).order_by("-published_at", "-pk")
    if not drafts:
        pages = pages.filter(published_at__lte=Now())
    read = [_article(page) for page in pages.prefetch_related("texts")[:most]]
    return [article for article in read if article is not None]


def untold_news() -> list[str]:
    """Return the addresses of news that came out within two days and nobody was told of.

    What was written down later than that is for the record.
    """
    pages = Page.objects.filter(
        kind=PageKind.NEWS,
        told_at=None,
        published_at__lte=Now(),
        published_at__gt=Now() - TELLING,
    )
    return list(pages.order_by("published_at").values_list("slug", flat=True))


def article(*, slug: str, kinds: Iterable[PageKind], drafts: bool) -> Article | None:
    """Return one page of some kinds; None where there is none to be seen."""
    pages = Page.objects.filter(slug=slug, kind__in=kinds)
    if not drafts:
        pages = pages.filter(published_at__lte=Now())
    page = pages.prefetch_related("texts").first()
    return _article(page) if page is not None else None


def questions(*, search: str = "") -> list[Article]:
    """Return the questions, in order, that hold every word of a search."""
    words = search.casefold().split()
    return [
        found
        for found in articles(PageKind.FAQ)
        if all(word in f"{found.title}\n{found.body}".casefold() for word in words)
    ]


def terms(*, number: int | None = None) -> Terms | None:
    """Return a published version of the terms, or the one in force."""
    versions = TermsVersion.objects.filter(number__isnull=False).order_by("-number")
    if number is not None:
        versions = versions.filter(number=number)
    version = versions.prefetch_related("texts").first()
    return _terms(version) if version is not None else None


def draft_of_terms(*, pk: int) -> Terms | None:
    """Return a draft of the terms, for staff."""
    version = (
        TermsVersion.objects.filter(pk=pk, number=None)
        .prefetch_related("texts")
        .first()
    )
    return _terms(version) if version is not None else None


def versions() -> list[TermsVersion]:
    """Return the published versions of the terms, newest first."""
    return list(TermsVersion.objects.filter(number__isnull=False).order_by("-number"))


def standing(*, user_id: int | None) -> Standing | None:
    """Return how somebody stands to the terms in force; None where there are none.

    A visitor has accepted nothing, and is not asked: they are when they sign up.
    """
    published = TermsVersion.objects.filter(number__isnull=False).order_by("-number")
    accepted = (
        Acceptance.objects.filter(user=user_id)
        .order_by("-version__number")
        .values("version__number")
    )
    version = published.annotate(
        accepted_number=Subquery(accepted[:1]),
        material_number=Subquery(
            TermsVersion.objects.filter(material=True, number__isnull=False)
            .order_by("-number")
            .values("number")[:1]
        ),
    ).first()
    if version is None or version.number is None or version.published_at is None:
        return None
    last = version.accepted_number or 0
    return Standing(
        version_id=version.pk,
        number=version.number,
        published_at=version.published_at,
        accepted=last == version.number,
        asks=user_id is not None and last < version.material_number,
    )


def acceptances(*, user_id: int) -> list[Acceptance]:
    """Return which versions a customer accepted, in order."""
    found = Acceptance.objects.filter(user=user_id).select_related("version")
    return list(found.order_by("version__number"))


def _article(page: Page) -> Article | None:
    text = in_language(page.texts.all())
    if text is None:
        return None
    return Article(
        slug=page.slug,
        address=page.get_absolute_url(),
        title=text.title,
        summary=text.summary,
        body=text.body,
        language=text.language,
        published_at=page.published_at,
    )


def _terms(version: TermsVersion) -> Terms | None:
    text: TermsText | None = in_language(version.texts.all())
    if text is None:
        return None
    return Terms(
        number=version.number,
        title=text.title,
        changes=text.changes,
        body=text.body,
        language=text.language,
        published_at=version.published_at,
    )
