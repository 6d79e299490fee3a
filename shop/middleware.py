"""What every request passes through, beyond Django's own middleware."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class ContentSecurityPolicy(CSPMiddleware):  # type: ignore[misc]
    """Send the shop's strict policy; a looser one under /admin/, whose scripts need it."""

    def process_response(
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        if request.path_info.startswith("/admin/"):
            # The attribute is django-csp's own door for a view to replace directives.
            loosened: dict[str, Any] = {None: settings.ADMIN_CONTENT_SECURITY_POLICY}
            response._csp_replace = loosened  # type: ignore[attr-defined]
        answer: HttpResponse = super().process_response(request, response)
        return answer


class PreferredLanguage:
    """Speak the customer's saved language, else the cookie's, else the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(
            request.user, "language", ""
        ) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
