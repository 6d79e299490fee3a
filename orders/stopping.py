"""The public form by which somebody stops deliveries to their own page."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from orders import actions
from orders.intake import LONGEST_LINK, link_fault
from provider.links import full_link, is_whole_site, key_of
from shop.counting import count
from shop.requests import Request, client_address

# So many pages may be stopped from one address in so many seconds.
MOST = 5
WINDOW = 3600


class StopForm(forms.Form):
    """Which page, and the word of whoever asks that it is theirs."""

    link = forms.CharField(
        label=_("Link to your page"),
        max_length=LONGEST_LINK,
        help_text=_(
            "The page, profile or post itself, such as https://example.com/name. "
            "What lies below it is stopped, too."
        ),
        widget=forms.TextInput(
            {"class": "input w-full", "inputmode": "url", "placeholder": "https://"}
        ),
    )
    email = forms.EmailField(
        label=_("Your e-mail address (optional)"),
        required=False,
        help_text=_("Only for questions about this request."),
        widget=forms.EmailInput({"class": "input w-full", "autocomplete": "email"}),
    )
    statement = forms.CharField(
        label=_("Anything we should know (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"class": "textarea w-full", "rows": 3}),
    )
    mine = forms.BooleanField(
        label=_("This page is mine, or I speak for its owner."),
        error_messages={"required": _("Only the page's owner can stop deliveries.")},
        widget=forms.CheckboxInput(),
    )

    def clean_link(self) -> str:
        link = full_link(self.cleaned_data["link"].strip())
        if fault := link_fault(link):
            raise forms.ValidationError(fault)
        if is_whole_site(key_of(link)):
            raise forms.ValidationError(
                _("This is a whole site. Give the link to your own page there.")
            )
        return link


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop(request: Request) -> HttpResponse:
    """Stop deliveries to a page. Whether there were any, nobody is told."""
    form = StopForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "orders/stop.html", {"form": form})
    if not _may_ask(request):
        form.add_error(None, _("Too many requests from here. Try again in an hour."))
        return render(request, "orders/stop.html", {"form": form}, status=429)
    actions.stop_deliveries(
        link=form.cleaned_data["link"],
        email=form.cleaned_data["email"],
        statement=form.cleaned_data["statement"],
    )
    return redirect("stopped")


@require_safe
def stopped(request: Request) -> HttpResponse:
    """Say what was done: the same to everybody, whatever was found."""
    return render(request, "orders/stopped.html")


def _may_ask(request: Request) -> bool:
    """Count a request by its address, in the cache, and not at all without it."""
    return count(f"stops:{client_address(request)}", window=WINDOW) <= MOST
