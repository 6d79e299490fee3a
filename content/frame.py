"""What stands around every page of what owners wrote: kept ready in the cache."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language

from content import queries
from content.enums import PageKind
from content.models import Operator, TermsVersion

# Seconds; whoever writes something makes all of it forgotten at once.
KEPT = 300
# For so long the newest news is told on the first page.
FRESH = timedelta(days=14)


@dataclass(frozen=True)
class Headline:
    """The newest news."""

    slug: str
    address: str
    title: str
    summary: str
    language: str
    published_at: datetime

    @property
    def is_fresh(self) -> bool:
        """Whether it is young enough to be told on the first page."""
        return timezone.now() - self.published_at < FRESH


@dataclass(frozen=True)
class Frame:
    """What there is to link to, and who runs the shop; all in one language.

    `pages` are (title, address); `operator` is (what, value), of what was filled in.
    """

    terms: bool = False
    questions: bool = False
    headline: Headline | None = None
    pages: tuple[tuple[str, str], ...] = ()
    operator: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> frozenset[str]:
        """The names of addresses at which nothing has been written yet."""
        has = {"faq": self.questions, "news": self.headline is not None}
        return frozenset(name for name, there in has.items() if not there)


def frame() -> Frame:
    """Return what stands around a page in the current language."""
    key = _key(get_language() or "")
    found = cache.get(key)
    if not isinstance(found, Frame):
        found = _read()
        cache.set(key, found, timeout=KEPT)
    return found


def forget() -> None:
    """Let the next page read everything anew; for whoever has written something."""
    cache.delete_many([_key(code) for code, _name in settings.LANGUAGES])


def keep(found: Frame) -> None:
    """Let the coming pages in every language stand in `found`."""
    keys = [_key(code) for code, _name in settings.LANGUAGES]
    cache.set_many(dict.fromkeys(keys, found), timeout=KEPT)


def _read() -> Frame:
    newest = next(iter(queries.news(most=1)), None)
    pages = queries.articles(PageKind.PRIVACY, PageKind.REFUNDS, PageKind.PAGE)
    return Frame(
        terms=TermsVersion.objects.filter(number__isnull=False).exists(),
        questions=bool(queries.articles(PageKind.FAQ, most=1)),
        headline=_headline(newest) if newest else None,
        pages=tuple((page.title, page.address) for page in pages),
        operator=_operator(),
    )


def _headline(newest: queries.Article) -> Headline | None:
    if newest.published_at is None:
        return None
    return Headline(
        slug=newest.slug,
        address=newest.address,
        title=newest.title,
        summary=newest.summary,
        language=newest.language,
        published_at=newest.published_at,
    )


def _operator() -> tuple[tuple[str, str], ...]:
    operator = Operator.objects.first()
    if operator is None:
        return ()
    return tuple(
        (capfirst(str(field.verbose_name)), value)
        for field in Operator._meta.fields
        if not field.primary_key and (value := getattr(operator, field.name))
    )


def _key(language: str) -> str:
    return f"content:frame:{language}"
