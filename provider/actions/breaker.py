"""The circuit breaker of each provider: who fails again and again is left alone a while.

After FAILURES sendings in a row that came to nothing the circuit opens: nothing is sent
until `open_until`. Then one order goes out to see (half-open): its answer closes the
circuit, its failure opens it for twice as long.
"""

from django.conf import settings
from django.db import connection

from notices import actions as notices
from provider.models import Provider

FAILURES = 5
# How many times the wait doubles at most: from half a minute to a quarter of an hour.
DOUBLINGS = 5

_FAIL = """
    UPDATE provider_provider SET
        failures = least(failures + 1, 30000),
        open_until = CASE WHEN failures + 1 >= %(most)s
            THEN now() + make_interval(secs => %(wait)s
                * power(2, least(failures + 1 - %(most)s, %(doublings)s)))
            END
    WHERE id = %(provider)s AND (open_until IS NULL OR open_until <= now())
    RETURNING failures
"""


def note_failure(*, provider: Provider) -> None:
    """Count a sending that came to nothing; open the circuit at the FAILURES-th in a row.

    Failures while it is open already are of orders that were on their way: they do not
    count. Inside the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _FAIL,
            {
                "provider": provider.pk,
                "most": FAILURES,
                "wait": settings.BREAKER_WAIT,
                "doublings": DOUBLINGS,
            },
        )
        row = cursor.fetchone()
    if row is not None and row[0] == FAILURES:
        notices.tell_staff(
            key=f"provider:{provider.pk}:breaker",
            subject=f"{provider}: {FAILURES} sendings in a row came to nothing",
            text="It is left alone for a while; one order is then sent to see.",
            daily=True,
        )


def note_answer(*, provider: Provider) -> None:
    """Close the circuit, as the provider has answered; inside the caller's transaction.

    `provider` is the row as it was claimed: without a failure then nothing is written,
    as this would be one more statement for every order.
    """
    if provider.failures:
        Provider.objects.filter(pk=provider.pk).update(failures=0, open_until=None)
