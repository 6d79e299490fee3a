"""What a customer may take with them, and how they leave."""

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.forms import ClosingForm
from shop import actions
from shop.closing import ClosingRefused, left, obstacles
from shop.counting import count
from shop.exporting import export
from shop.requests import CustomerRequest

# Exports that one customer may take within an hour: each reads all that is theirs.
MOST = 5
HOUR = 3600


@require_safe
@login_required
@never_cache
def own_data(request: CustomerRequest) -> HttpResponse:
    """Offer the export, and the way out."""
    return render(request, "accounts/data.html")


@require_POST
@login_required
@never_cache
def take(request: CustomerRequest) -> HttpResponseBase:
    """Hand out all that the shop knows of the customer."""
    if count(f"exports:{request.user.pk}", window=HOUR) > MOST:
        messages.error(request, _("That was often. Please come back in an hour."))
        return redirect("account_data")
    name = f"{settings.SHOP_NAME}-{request.user.pk}.zip"
    return FileResponse(
        export(user=request.user),
        as_attachment=True,
        filename=name,
        content_type="application/zip",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@reauthentication_required(allow_get=True)
def close(request: CustomerRequest) -> HttpResponse:
    """Say what closing means and what stands in its way; close on a POST."""
    if request.method != "POST":
        return _closing_page(request, ClosingForm())
    form = ClosingForm(request.POST)
    if not form.is_valid():
        return _closing_page(request, form)
    try:
        actions.close_account(user=request.user, waive=form.cleaned_data["waive"])
    except ClosingRefused:
        # The page says why: all that stands in the way, and what is left.
        form.add_error(None, _("Your account stays open."))
        return _closing_page(request, form)
    logout(request)
    return render(request, "accounts/closed.html", {"days": settings.CLOSING_DAYS})


def _closing_page(request: CustomerRequest, form: ClosingForm) -> HttpResponse:
    context = {
        "form": form,
        "obstacles": obstacles(user=request.user),
        "left": left(user=request.user),
        "days": settings.CLOSING_DAYS,
    }
    return render(request, "accounts/close.html", context)
