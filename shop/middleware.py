"""What every request passes through, beyond Django's own middleware."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

# The parameter by which an address names its language.
PARAMETER = "lang"
A_YEAR = 365 * 24 * 3600


class ContentSecurityPolicy(CSPMiddleware):
    """Send the shop's strict policy; a looser one under /admin/, whose scripts need it."""

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            loosened = settings.ADMIN_CONTENT_SECURITY_POLICY
            parts.replace = {**(parts.replace or {}), **loosened}
        return parts


class PreferredLanguage:
    """Speak the language that the address asks for by `?lang=`, so that each has one.

    Without: the customer's saved language, else the cookie's, else the browser's. A
    visitor who came by such an address is spoken to likewise on the pages that follow.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get(PARAMETER, "")
        asked = asked if asked in dict(settings.LANGUAGES) else ""
        saved = getattr(request.user, "language", "")
        language = asked or saved or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        if asked and not request.user.is_authenticated:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                max_age=A_YEAR,
                samesite="Lax",
                secure=request.is_secure(),
            )
        return response
