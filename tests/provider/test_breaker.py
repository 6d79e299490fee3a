"""The circuit breaker: who fails again and again is left alone a while."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from notices.models import Notice
from provider.actions import note_answer, note_failure
from provider.actions.breaker import DOUBLINGS, FAILURES
from provider.models import Provider
from tests.factories import make_provider

pytestmark = pytest.mark.django_db


def fail(provider: Provider, times: int = 1) -> Provider:
    for _ in range(times):
        with transaction.atomic():
            note_failure(provider=provider)
    provider.refresh_from_db()
    return provider


def seconds_open(provider: Provider) -> int:
    """Return for how long the circuit is still open, by the database's clock.

    To ten seconds, as a busy machine takes a few between writing and looking.
    """
    ((until, now),) = Provider.objects.filter(pk=provider.pk).values_list(
        "open_until", Now()
    )
    return round((until - now).total_seconds() / 10) * 10


def reach_the_end(provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(
        open_until=Now() - timedelta(seconds=1)
    )


def test_a_few_failures_leave_the_circuit_closed() -> None:
    provider = fail(make_provider(), FAILURES - 1)

    assert (provider.failures, provider.open_until) == (FAILURES - 1, None)
    assert Notice.objects.count() == 0


def test_the_fifth_in_a_row_opens_it_and_tells_the_staff_once() -> None:
    provider = fail(make_provider(), FAILURES)

    assert seconds_open(provider) == 30
    assert [notice.subject for notice in Notice.objects.all()] == [
        f"{provider}: 5 sendings in a row came to nothing"
    ]


def test_failures_of_orders_that_were_on_their_way_do_not_count() -> None:
    provider = fail(make_provider(), FAILURES + 7)

    assert provider.failures == FAILURES
    assert seconds_open(provider) == 30


def test_each_failed_trial_doubles_the_wait_up_to_a_bound() -> None:
    provider = fail(make_provider(), FAILURES)
    waits = []
    for _ in range(DOUBLINGS + 2):
        reach_the_end(provider)
        waits.append(seconds_open(fail(provider)))

    assert waits == [60, 120, 240, 480, 960, 960, 960]


def test_an_answer_closes_it() -> None:
    provider = fail(make_provider(), FAILURES)

    with transaction.atomic():
        note_answer(provider=provider)

    provider.refresh_from_db()
    assert (provider.failures, provider.open_until) == (0, None)


def test_an_answer_of_a_sound_provider_writes_nothing(
    django_assert_num_queries: object,
) -> None:
    provider = make_provider()

    with django_assert_num_queries(0):  # type: ignore[operator]
        note_answer(provider=provider)
