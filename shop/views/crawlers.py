"""What crawlers ask for: what they may read, and a list of all public pages."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from content.enums import PageKind
from content.queries import articles, news, terms
from provider.queries import categories_on_sale, services_on_sale
from shop.canonical import absolute, address
from shop.requests import Request

# Services in one list: with every language it stays far below the 50,000 of a sitemap.
CHUNK = 5000
# What one list of lists may name.
MOST_PARTS = 50_000
AN_HOUR = 3600
STANDING = ("home", "services", "updates", "faq", "news", "api_docs", "account_signup")
# What is behind a log-in, or is no page at all.
PRIVATE = (
    "/admin/", "/account/", "/orders/", "/statement/", "/funds/", "/payments/",
    "/tickets/", "/notices/", "/refills/", "/refunds/", "/language/",
)  # fmt: skip


@require_safe
@cache_control(max_age=AN_HOUR)
def robots(request: Request) -> HttpResponse:
    """Keep crawlers off what is behind a log-in, and name the list of pages."""
    allowed = f"Allow: {reverse('account_signup')}"
    lines = [
        "User-agent: *",
        allowed,
        *(f"Disallow: {path}" for path in PRIVATE),
        f"Sitemap: {absolute(reverse('sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


@require_safe
@cache_control(max_age=AN_HOUR)
def sitemap(request: Request) -> HttpResponse:
    """Name the lists: one of pages, and as many of services as they need."""
    parts = -(-services_on_sale().count() // CHUNK)
    paths = [reverse("sitemap_pages")]
    paths += [reverse("sitemap_services", args=[part + 1]) for part in range(parts)]
    context = {"addresses": map(absolute, paths)}
    return render(request, "shop/sitemaps.xml", context, content_type="application/xml")


@require_safe
@cache_control(max_age=AN_HOUR)
def pages(request: Request) -> HttpResponse:
    """List the pages that always are, the categories, and what the owner wrote."""
    written = articles(PageKind.PRIVACY, PageKind.REFUNDS, PageKind.PAGE)
    paths: list[tuple[str, dict[str, str]]] = [
        *((path, {}) for path in map(_path, STANDING) if path),
        *((article.address, {}) for article in [*written, *news()]),
        *(((reverse("terms"), {}),) if terms() else ()),
        *(
            (reverse("services"), {"category": str(pk)})
            for pk in categories_on_sale().values_list("pk", flat=True)
        ),
    ]
    return _listed(request, paths)


@require_safe
@cache_control(max_age=AN_HOUR)
def services(request: Request, part: int) -> HttpResponse:
    """List a few thousand of the services on sale."""
    first = (part - 1) * CHUNK
    found = services_on_sale().order_by("pk").values_list("pk", flat=True)
    # Beyond, the database knows no such number.
    there = 0 < part <= MOST_PARTS
    numbers = list(found[first : first + CHUNK]) if there else []
    if not numbers:
        raise Http404
    return _listed(request, [(reverse("new_order", args=[pk]), {}) for pk in numbers])


def _listed(
    request: Request, paths: Iterable[tuple[str, dict[str, str]]]
) -> HttpResponse:
    """Answer with every page in every language, each of which names the others."""
    codes = [code for code, _name in settings.LANGUAGES]
    context = {
        "pages": [
            [(code, address(path, language=code, **query)) for code in codes]
            for path, query in paths
        ]
    }
    return render(request, "shop/sitemap.xml", context, content_type="application/xml")


def _path(name: str) -> str:
    """Return the address of a page, or nothing where the shop does not have it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
