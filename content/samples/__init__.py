"""Words to begin with: terms, policies, questions and a piece of news.

A file of Markdown holds one or more texts. Each begins with `# Title {#address}`, and
may go on with a summary behind `>`. Other languages have the same files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from content.enums import PageKind

_HERE = Path(__file__).parent
_TITLE = re.compile(r"^# (?P<title>.+?)(?: \{#(?P<slug>[a-z0-9-]+)\})?$", re.MULTILINE)
_SUMMARY = re.compile(r"^> (.+)\n", re.MULTILINE)
PAGES = (PageKind.PRIVACY, PageKind.REFUNDS, PageKind.FAQ, PageKind.NEWS)


@dataclass(frozen=True)
class Sample:
    """One text in one language."""

    name: str
    slug: str
    language: str
    title: str
    summary: str
    body: str


def samples(*, name: str) -> Iterator[Sample]:
    """Return the texts of a file, in order, in each of the shop's languages."""
    for language, _name in settings.LANGUAGES:
        path = _HERE / language / f"{name}.md"
        if path.exists():
            yield from _read(path.read_text(encoding="utf-8"), name, language)


def _read(text: str, name: str, language: str) -> Iterator[Sample]:
    _before, *parts = _TITLE.split(text)
    for title, slug, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        found = _SUMMARY.search(body)
        yield Sample(
            name=name,
            slug=slug or name,
            language=language,
            title=title,
            summary=found[1] if found else "",
            body=_SUMMARY.sub("", body, count=1).strip(),
        )
