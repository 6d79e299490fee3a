"""From a provider's row to its client, and from a call to its archived reply."""

from django.db import connection

from provider.client import CallFailed, Client, Endpoint, Exchange
from provider.models import ErrorPhrase, Provider, Reply
from provider.protocol.errors import ErrorClass, Phrase

__all__ = ["CallFailed", "Exchange", "archive", "client_of", "take_call"]

# Seconds' worth of calls that may go out at once; beyond it the rate limit spaces them.
BURST = 5.0


def client_of(provider: Provider) -> Client:
    """Return a client for `provider`, with the wordings that staff have explained."""
    return Client(
        Endpoint(
            url=provider.url,
            key=provider.key,
            user_agent=provider.user_agent,
            refill_status_one_by_one=provider.refill_status_one_by_one,
            phrases=phrases_of(provider.pk),
        )
    )


def phrases_of(provider_id: int) -> tuple[Phrase, ...]:
    """Return the wordings that staff have explained: the provider's own, then all's."""
    rows = ErrorPhrase.objects.filter(provider__in=[provider_id]) | (
        ErrorPhrase.objects.filter(provider=None)
    )
    return tuple(
        Phrase(row.pattern, ErrorClass(row.error_class))
        for row in rows.order_by("provider", "id")
    )


def archive(*, provider: Provider, exchange: Exchange) -> Reply:
    """Keep what a call brought, inside the caller's transaction; return its row."""
    return Reply.objects.create(
        provider=provider,
        action=exchange.action,
        asked=exchange.asked.replace("\x00", ""),
        http_status=exchange.http_status,
        body=exchange.body.replace("\x00", ""),
        failure=exchange.failure[:60],
        duration=int(exchange.elapsed * 1000),
    )


def take_call(*, provider_id: int) -> bool:
    """Take one call from the provider's rate limit; False where none is left just now.

    All workers share the limit, as it is one row moved by one statement. Nobody waits
    for it: who gets none leaves its work due a little later. The time is that of the
    moment: a transaction that waited for the row began when others had not moved it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE provider_provider
            SET next_call_at = greatest(next_call_at, clock_timestamp())
                + make_interval(secs => 60.0 / calls_per_minute)
            WHERE id = %s
              AND next_call_at <= clock_timestamp() + make_interval(secs => %s)
            """,
            [provider_id, BURST],
        )
        return bool(cursor.rowcount == 1)


def postpone_calls(*, provider_id: int, seconds: float) -> None:
    """Leave the provider alone for `seconds`, as its Retry-After asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE provider_provider
            SET next_call_at = greatest(
                next_call_at, now() + make_interval(secs => %s))
            WHERE id = %s
            """,
            [seconds + BURST, provider_id],
        )
