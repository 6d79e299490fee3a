"""Requests as the middleware leaves them, and where they come from."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
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
