"""Requests as the middleware leaves them, and where they come from."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class Request(HttpRequest):
    """A request of anybody."""

    htmx: HtmxDetails


class CustomerRequest(Request):
    """A request behind `login_required`."""

    user: User


def client_address(request: HttpRequest) -> str | None:
    """Return the address that a request comes from, None where nobody knows.

    Behind a proxy (BEHIND_PROXY) it is what the proxy says.
    """
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return None


def page_before(request: HttpRequest, *, otherwise: str) -> str:
    """Return the page that a posted form was on, if it is one of ours.

    As its `next` says; a made-up one would lead customers to somebody else's page.
    """
    page = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        page, {request.get_host()}, require_https=request.is_secure()
    )
    return page if ours else otherwise
