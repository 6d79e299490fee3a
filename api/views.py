"""The customer API's one address."""

from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.queries import user_by_api_key
from api.answers import Json
from api.calls import answer
from api.errors import RefusedError, Wording
from api.limits import seconds_to_wait
from api.reading import read_call


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


def _answer(request: HttpRequest) -> JsonResponse:
    call = read_call(request)
    customer = user_by_api_key(key=call.key) if call.key else None
    if customer is None:
        raise RefusedError(Wording.KEY)
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
