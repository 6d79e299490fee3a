"""Requests as the middleware leaves them, for the types of views."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class Request(HttpRequest):
    """A request of anybody."""

    htmx: HtmxDetails


class CustomerRequest(Request):
    """A request behind `login_required`."""

    user: User
