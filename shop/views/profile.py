"""How a customer is called, and how pages speak to them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms import ProfileForm
from provider.queries import currencies_to_see
from shop.languages import remember_language
from shop.requests import CustomerRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def profile(request: CustomerRequest) -> HttpResponse:
    """Show the customer's profile; keep what is posted."""
    if request.method != "POST":
        return _page(request, _form(request))
    form = _form(request, posted=True)
    if not form.is_valid():
        return _page(request, form)
    # A currency that has no rate just now is not among the choices, and stays chosen.
    kept = {"display_currency": request.user.display_currency}
    chosen = {**kept, **form.cleaned_data}
    actions.describe(user=request.user, **chosen)
    with translation.override(chosen["language"]):
        messages.success(request, _("Saved."))
    response = redirect("account")
    remember_language(request, response, language=chosen["language"])
    return response


def _form(request: CustomerRequest, *, posted: bool = False) -> ProfileForm:
    user = request.user
    kept = {
        "name": user.name,
        "language": user.language or translation.get_language(),
        "time_zone": user.time_zone,
        "display_currency": user.display_currency,
    }
    data = request.POST if posted else None
    return ProfileForm(data, initial=kept, currencies=currencies_to_see())


def _page(request: CustomerRequest, form: ProfileForm) -> HttpResponse:
    zone = timezone.get_current_timezone_name()
    context = {"form": form, "now": timezone.now(), "zone": zone}
    return render(request, "accounts/account.html", context)
