"""What every request passes through, beyond Django's own middleware."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts import log_ins
from accounts.models import User
from accounts.time_zones import time_zone
from accounts.two_steps import has_two_steps
from provider.queries import exchange_rate
from shop.display import seen_in
from shop.languages import PARAMETER, remember_language


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
            remember_language(request, response, language=asked)
        return response


class OwnTimeAndCurrency:
    """Tell times in the customer's time zone, and prices in the currency they chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own_zone = time_zone(getattr(request.user, "time_zone", ""))
        currency = getattr(request.user, "display_currency", "")
        with timezone.override(own_zone), seen_in(currency, exchange_rate):
            return self.get_response(request)


class SeenLogIns:
    """Write down, every few minutes, where customers are logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            log_ins.note(request, request.user)
        return self.get_response(request)


class StaffInTwoSteps:
    """Send staff who log in with a password alone to set up more, before the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            settings.REQUIRE_STAFF_2FA
            and request.path_info.startswith("/admin/")
            and isinstance(user, User)
            and user.is_staff
            and not has_two_steps(user)
        ):
            messages.warning(request, _("Staff log in in two steps. Set it up first."))
            return redirect("mfa_index")
        return self.get_response(request)
