"""The customer API's one address, and the page that explains it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.queries import is_within, user_by_api_key
from api.answers import Json
from api.calls import answer
from api.errors import RefusedError, Wording
from api.limits import CALLS, WINDOW, seconds_to_wait
from api.reading import read_call
from api.reference import WORDINGS, sections
from shop.requests import client_address


@csrf_exempt
@never_cache
def version_2(request: HttpRequest) -> JsonResponse:
    """Answer one call of the provider protocol.

    A refused call is `{"error": …}` with HTTP 200, as clients that raise on anything
    else would hide the text; 429 with Retry-After is the exception. The protocol speaks
    English, whatever language the customer reads the pages in.
    """
    with translation.override("en"):
        try:
            return _answer(request)
        except RefusedError as refusal:
            return _reply({"error": str(refusal)})


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Explain the protocol, as this shop answers it, to everybody."""
    address = f"{settings.SITE_URL}/api/v2"
    context = {
        "address": address,
        "sections": sections(address=address),
        "wordings": WORDINGS,
        "calls": CALLS,
        "window": WINDOW,
    }
    return render(request, "api/reference.html", context)


def _answer(request: HttpRequest) -> JsonResponse:
    call = read_call(request)
    customer = user_by_api_key(key=call.key) if call.key else None
    if customer is None:
        raise RefusedError(Wording.KEY)
    if customer.api_networks and not is_within(
        address=client_address(request), networks=customer.api_networks
    ):
        raise RefusedError(Wording.ADDRESS)
    if wait := seconds_to_wait(customer=customer):
        reply = _reply({"error": Wording.TOO_OFTEN}, status=429)
        reply["Retry-After"] = str(wait)
        return reply
    return _reply(answer(customer=customer, call=call))


def _reply(data: Json, status: int = 200) -> JsonResponse:
    return JsonResponse(
        data,
        safe=False,
        status=status,
        headers={"Content-Language": "en"},
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )
