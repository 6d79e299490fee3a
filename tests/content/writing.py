"""Pages and terms for tests, as owners write them."""

from django.utils import timezone

from content import actions, frame
from content.enums import PageKind
from content.models import Page, PageText, TermsText, TermsVersion


def write_page(
    kind: PageKind = PageKind.PAGE,
    slug: str = "about",
    *,
    published: bool = True,
    position: int = 100,
    **titles: str,
) -> Page:
    """Write a page, with a title for each language; its body is the title, in bold."""
    page = Page.objects.create(
        kind=kind,
        slug=slug,
        position=position,
        published_at=timezone.now() if published else None,
    )
    for language, title in (titles or {"en": slug.title()}).items():
        PageText.objects.create(
            page=page,
            language=language,
            title=title,
            summary=f"{title}, in short.",
            body=f"**{title}** in full.",
        )
    frame.forget()
    return page


def draft_terms(*, material: bool = True, **bodies: str) -> TermsVersion:
    """Write a draft of the terms, with a body for each language."""
    version = TermsVersion.objects.create(material=material)
    for language, body in (bodies or {"en": "Be honest."}).items():
        TermsText.objects.create(
            version=version, language=language, title="Terms", body=body
        )
    return version


def publish_terms(*, material: bool = True, **bodies: str) -> TermsVersion:
    """Put terms into force."""
    draft = draft_terms(material=material, **bodies)
    published = actions.publish_terms(version=draft)
    frame.forget()
    return published
