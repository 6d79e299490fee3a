"""From a provider's row to its client, its archive and its rate limit."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from provider.client import Exchange
from provider.models import ErrorPhrase, Provider, Reply
from provider.protocol.errors import ErrorClass
from provider.upstream import archive, client_of, postpone_calls, take_call
from tests.factories import make_provider
from tests.threads import together

pytestmark = pytest.mark.django_db


def make_phrase(provider: Provider | None, pattern: str) -> ErrorPhrase:
    return ErrorPhrase.objects.create(
        provider=provider, pattern=pattern, error_class=ErrorClass.NO_FUNDS
    )


def test_a_client_knows_the_row_and_its_own_wordings_before_everybodys() -> None:
    provider = make_provider(url="https://northwind.example/api/v2", key="k3y")
    Provider.objects.update(user_agent="Robin/2", refill_status_one_by_one=True)
    provider.refresh_from_db()
    make_phrase(None, "all")
    make_phrase(make_provider(), "another's")
    make_phrase(provider, "own")

    endpoint = client_of(provider).endpoint

    assert (endpoint.url, endpoint.key) == ("https://northwind.example/api/v2", "k3y")
    assert (endpoint.user_agent, endpoint.refill_status_one_by_one) == ("Robin/2", True)
    assert [phrase.pattern for phrase in endpoint.phrases] == ["own", "all"]
    assert {phrase.error_class for phrase in endpoint.phrases} == {ErrorClass.NO_FUNDS}


def test_a_reply_is_archived_as_it_came() -> None:
    provider = make_provider()
    exchange = Exchange("add", 502, "<html>\x00</html>", "f" * 80, 0.1239, "link=a\x00")

    archive(provider=provider, exchange=exchange)

    reply = Reply.objects.get()
    assert (reply.provider, reply.action, reply.http_status) == (provider, "add", 502)
    assert (reply.body, reply.failure, reply.duration) == (
        "<html></html>",
        "f" * 60,
        123,
    )
    assert reply.asked == "link=a"
    assert str(reply) == f"add #{reply.pk}"


def test_a_minutes_calls_are_spread_after_the_first_few_and_never_saved_up() -> None:
    provider = make_provider(calls_per_minute=60)
    Provider.objects.update(next_call_at=Now() - timedelta(days=1))

    # One a second, five seconds ahead: now's call, and five more.
    taken = [take_call(provider_id=provider.pk) for _ in range(8)]

    assert taken == [True] * 6 + [False] * 2


def test_a_provider_that_asks_to_wait_is_left_alone() -> None:
    provider, other = make_provider(), make_provider()

    postpone_calls(provider_id=provider.pk, seconds=30)

    assert not take_call(provider_id=provider.pk)
    assert take_call(provider_id=other.pk)
    Provider.objects.update(next_call_at=Now())
    assert take_call(provider_id=provider.pk)


def test_a_short_wait_does_not_end_a_longer_one() -> None:
    provider = make_provider()
    postpone_calls(provider_id=provider.pk, seconds=3600)
    before = Provider.objects.get().next_call_at

    postpone_calls(provider_id=provider.pk, seconds=1)

    assert Provider.objects.get().next_call_at == before


@pytest.mark.django_db(transaction=True)
def test_eight_workers_share_one_limit() -> None:
    provider = make_provider(calls_per_minute=6)

    # A call every ten seconds: one now, and none of the burst of five.
    def work() -> int:
        return sum(take_call(provider_id=provider.pk) for _ in range(5))

    assert sum(together(*[work] * 8)) == 1
