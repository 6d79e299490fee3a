"""A person's own pages: account, language, API key."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import actions, queries
from shop.requests import CustomerRequest, Request

_A_YEAR = 365 * 24 * 3600


@require_safe
@login_required
def account(request: CustomerRequest) -> HttpResponse:
    """Show who is logged in, and whether they have an API key."""
    return render(request, "accounts/account.html", _page(request, new_key=""))


@require_POST
@login_required
@never_cache
def rotate_key(request: CustomerRequest) -> HttpResponse:
    """Make a new API key and show it, for the only time: there is nothing to reload."""
    key = actions.rotate_api_key(user=request.user)
    return render(request, "accounts/account.html", _page(request, new_key=key))


@require_POST
@login_required
def revoke_key(request: CustomerRequest) -> HttpResponse:
    """Revoke the API key."""
    if actions.revoke_api_key(user=request.user):
        messages.success(request, _("The API key no longer works."))
    return redirect("account")


@require_POST
def language(request: Request) -> HttpResponse:
    """Speak another language from now on: in this browser, and to this customer."""
    response = HttpResponseRedirect(_page_before(request))
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            actions.choose_language(user=request.user, language=code)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=_A_YEAR, samesite="Lax"
        )
    return response


def _page(request: CustomerRequest, *, new_key: str) -> dict[str, object]:
    return {"api_key": queries.api_key(user=request.user), "new_key": new_key}


def _page_before(request: Request) -> str:
    """Return the page the form was on, if it is one of ours."""
    page = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        page, {request.get_host()}, require_https=request.is_secure()
    )
    return page if ours else "/"
