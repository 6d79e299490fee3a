"""Stripe's SDK over the shop's own HTTP client, with its deadline and its guards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe
from django.conf import settings

from payments.gateways.calling import conceal, exchange, is_unknown
from payments.gateways.keys import key_of
from payments.gateways.protocol import GatewayError

# The SDK would tell Stripe of this machine, and keep a number for it in a home folder.
stripe.enable_telemetry = False


class Transport(stripe.HTTPClient):
    """Sends what the SDK wants sent, once: repeating is for the sweeper to decide."""

    name = "magpie"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request; GatewayError goes through the SDK untouched."""
        body = post_data.encode() if isinstance(post_data, str) else post_data
        reply = exchange(method.upper(), url, headers=dict(headers or {}), body=body)
        return reply.body.decode("utf-8", "replace"), reply.status, reply.headers

    def close(self) -> None:
        """Do nothing: no connection is kept."""


def client() -> stripe.StripeClient:
    """Return the SDK's client with the keys of the settings."""
    return stripe.StripeClient(
        key_of("STRIPE_SECRET_KEY"),
        base_addresses={"api": settings.STRIPE_URL},
        http_client=Transport(),
        max_network_retries=0,
    )


@contextmanager
def speaking() -> Iterator[None]:
    """Turn what the SDK raises, and what an answer lacks, into GatewayError."""
    try:
        yield
    except stripe.StripeError as error:
        status = error.http_status or 500
        said = conceal(f"{status} {error.code or ''} {error.user_message or error}")
        raise GatewayError(said[:500], unknown=is_unknown(status)) from error
    except (AttributeError, KeyError, TypeError) as error:
        raise GatewayError(f"An answer without {error}.", unknown=True) from error
