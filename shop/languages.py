"""The language of an address, and the one that a browser remembers."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# The parameter by which an address names its language.
PARAMETER = "lang"
A_YEAR = 365 * 24 * 3600


def remember_language(
    request: HttpRequest, response: HttpResponse, *, language: str
) -> None:
    """Let the browser ask for `language` from now on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=A_YEAR,
        samesite="Lax",
        secure=request.is_secure(),
    )


def without_language(page: str) -> str:
    """Return an address that names no language of its own; all else stays."""
    parts = urlsplit(page)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if name != PARAMETER]
    if len(kept) == len(query):
        return page
    return urlunsplit(parts._replace(query=urlencode(kept)))
