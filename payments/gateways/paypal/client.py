"""Calls to PayPal's interface, and the token that they carry."""

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from payments.gateways.calling import (
    RefusedError,
    basic,
    call,
    exchange,
    parse,
)
from payments.gateways.keys import key_of
from payments.gateways.protocol import GatewayError

# One token for each set of keys, with the moment until which it is used.
_tokens: dict[tuple[str, str, str], tuple[str, float]] = {}
# A token is not used for the last so many seconds of its life.
_MARGIN = 120


def ask(
    method: str,
    path: str,
    asked: Mapping[str, Any] | bytes | None = None,
    *,
    key: str = "",
    whole: bool = False,
) -> Mapping[str, Any]:
    """Call PayPal with an object, or JSON as it is, under a `key` where there is one.

    https://developer.paypal.com/api/rest/requests: PayPal-Request-Id repeats the first
    answer, and return=representation asks for a `whole` one. A token that is refused is
    replaced once: nothing has happened by then. Raises GatewayError.
    """
    headers = {
        **({"PayPal-Request-Id": key} if key else {}),
        **({"Prefer": "return=representation"} if whole else {}),
    }
    url = f"{settings.PAYPAL_URL}{path}"
    try:
        found = call(method, url, headers={**headers, **_bearer()}, body=asked)
    except RefusedError as error:
        if error.status != 401:
            raise
        forget_token()
        found = call(method, url, headers={**headers, **_bearer()}, body=asked)
    if not isinstance(found, Mapping):
        raise GatewayError("An answer without an object.", unknown=True)
    return found


def forget_token() -> None:
    """Have the next call fetch a new token."""
    _tokens.pop(_keys(), None)


def _keys() -> tuple[str, str, str]:
    return settings.PAYPAL_URL, key_of("PAYPAL_CLIENT_ID"), key_of("PAYPAL_SECRET")


def _bearer() -> dict[str, str]:
    """Return the header with a token, a new one where none is left.

    https://developer.paypal.com/api/rest/authentication: some nine hours each.
    """
    token, until = _tokens.get(_keys(), ("", 0.0))
    if time.monotonic() >= until:
        token, life = _fetch_token()
        _tokens[_keys()] = token, time.monotonic() + life - _MARGIN
    return {"Authorization": f"Bearer {token}"}


def _fetch_token() -> tuple[str, float]:
    reply = exchange(
        "POST",
        f"{settings.PAYPAL_URL}/v1/oauth2/token",
        headers={
            **basic(key_of("PAYPAL_CLIENT_ID"), key_of("PAYPAL_SECRET")),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=b"grant_type=client_credentials",
    )
    content = parse(reply.body)
    if not 200 <= reply.status < 300:
        raise RefusedError(reply.status, content)
    try:
        return str(content["access_token"]), float(content["expires_in"])
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayError(f"A token without {error}.", unknown=True) from error
