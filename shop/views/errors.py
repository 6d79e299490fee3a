"""What is said when something went wrong: pages that need neither user nor database."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.csrf import requires_csrf_token


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be understood."""
    return _bare("errors/400.html", 400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what this person may not see."""
    return render(request, "errors/403.html", status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not there, or is somebody else's."""
    return render(request, "errors/404.html", status=404)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when it is our fault."""
    return _bare("errors/500.html", 500)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was not sent from a page of ours, or too late."""
    return _bare("errors/csrf.html", 403)


def _bare(template: str, status: int) -> HttpResponse:
    # Without the request: its context asks the database, which may be what is down.
    text = loader.render_to_string(template, {"shop_name": settings.SHOP_NAME})
    return HttpResponse(text, status=status)
