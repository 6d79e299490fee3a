"""The one address of a page in each language, for crawlers and for who shares it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import get_language

from shop.languages import PARAMETER

# Names of addresses that crawlers are welcome to, with what of their query counts.
PUBLIC: Mapping[str, tuple[str, ...]] = {
    "home": (),
    "services": ("category",),
    "new_order": (),
    "updates": (),
    "faq": (),
    "news": (),
    "news_item": (),
    "page": (),
    "terms": (),
    "api_docs": (),
    "stop": (),
    "account_signup": (),
}


@dataclass(frozen=True)
class Canonical:
    """Where a public page stands. `alternates` are (language, address)."""

    address: str
    alternates: tuple[tuple[str, str], ...]
    plain: str
    image: str


def canonical(request: HttpRequest) -> Canonical | None:
    """Return where a page stands, or None where crawlers should leave it alone."""
    match = request.resolver_match
    counting = PUBLIC.get(match.url_name or "") if match is not None else None
    if counting is None:
        return None
    kept = {name: request.GET[name] for name in counting if request.GET.get(name)}
    codes = [code for code, _name in settings.LANGUAGES]
    addresses = {code: address(request.path, language=code, **kept) for code in codes}
    plain = addresses[codes[0]]
    return Canonical(
        address=addresses.get(get_language() or "", plain),
        alternates=tuple(addresses.items()) if len(codes) > 1 else (),
        plain=plain,
        image=absolute(static("img/share.png")),
    )


def absolute(path: str) -> str:
    """Return a path with the shop's own scheme and host before it."""
    return path if "://" in path else f"{settings.SITE_URL}{path}"


def address(path: str, *, language: str, **query: str) -> str:
    """Return the address of a page in a language; the shop's first needs no parameter."""
    if language != settings.LANGUAGES[0][0]:
        query[PARAMETER] = language
    return absolute(f"{path}?{urlencode(query)}" if query else path)
