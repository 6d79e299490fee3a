"""A person's own pages: language, API key, and where they are logged in."""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import actions, queries
from accounts.browsers import in_words
from accounts.forms import NetworksForm
from accounts.models import LogIn
from shop.languages import remember_language, without_language
from shop.requests import CustomerRequest, Request, client_address, page_before


@dataclass(frozen=True)
class Place:
    """A browser in which somebody is logged in, as a page names it."""

    number: str
    browser: str
    address: str
    seen_at: datetime
    is_here: bool


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@reauthentication_required(allow_get=True)
def api(request: CustomerRequest) -> HttpResponse:
    """Show the API key's facts; keep from where it may be used, after a fresh proof."""
    if request.method != "POST":
        return _api_page(request)
    form = NetworksForm(request.POST)
    if not form.is_valid():
        return _api_page(request, form=form)
    actions.limit_api_key(user=request.user, networks=form.cleaned_data["networks"])
    messages.success(request, _("Saved."))
    return redirect("account_api")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@reauthentication_required(allow_get=True)
def rotate_key(request: CustomerRequest) -> HttpResponse:
    """Make a new API key and show it, for the only time: there is nothing to reload.

    After a fresh proof, as a key outlives every log-in. A proof that is sent twice leads
    here without the form, and on to the key's page.
    """
    if request.method != "POST":
        return redirect("account_api")
    key = actions.rotate_api_key(user=request.user)
    return _api_page(request, new_key=key)


@require_POST
@login_required
def revoke_key(request: CustomerRequest) -> HttpResponse:
    """Revoke the API key."""
    if actions.revoke_api_key(user=request.user):
        messages.success(request, _("The API key no longer works."))
    return redirect("account_api")


@require_safe
@login_required
@never_cache
def log_ins(request: CustomerRequest) -> HttpResponse:
    """Show where the customer is logged in."""
    here = request.session.session_key
    places = [_place(row, here) for row in queries.log_ins(user=request.user)]
    places.sort(key=lambda place: not place.is_here)
    return render(request, "accounts/log_ins.html", {"places": places})


@require_POST
@login_required
def end_log_in(request: CustomerRequest, number: str) -> HttpResponse:
    """Log the customer out in one other browser."""
    if not actions.end_log_in(user=request.user, number=number):
        raise Http404
    messages.success(request, _("Logged out there."))
    return redirect("account_log_ins")


@require_POST
@login_required
def end_other_log_ins(request: CustomerRequest) -> HttpResponse:
    """Log the customer out everywhere but here."""
    number = actions.end_other_log_ins(
        user=request.user, session_key=request.session.session_key
    )
    told = ngettext(
        "Logged out in %(number)d place.", "Logged out in %(number)d places.", number
    )
    messages.success(request, told % {"number": number})
    return redirect("account_log_ins")


@require_POST
def language(request: Request) -> HttpResponse:
    """Speak another language from now on: in this browser, and to this customer.

    The page that follows is the one before without the language that its address may
    name, as that would speak on.
    """
    page = without_language(page_before(request, otherwise="/"))
    response = HttpResponseRedirect(page)
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            actions.choose_language(user=request.user, language=code)
        remember_language(request, response, language=code)
    return response


def _api_page(
    request: CustomerRequest, *, new_key: str = "", form: NetworksForm | None = None
) -> HttpResponse:
    kept = {"networks": "\n".join(request.user.api_networks)}
    context = {
        "api_key": queries.api_key(user=request.user),
        "new_key": new_key,
        "form": form or NetworksForm(initial=kept),
        "address": client_address(request),
        "site_url": settings.SITE_URL,
    }
    return render(request, "accounts/api.html", context)


def _place(row: LogIn, here: str | None) -> Place:
    return Place(
        # The session's own key would be a way in for whoever sees the page.
        number=queries.digest(row.pk),
        browser=in_words(row.browser),
        address=row.address or "",
        seen_at=row.seen_at,
        is_here=row.pk == here,
    )
