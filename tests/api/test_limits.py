"""How often a customer may call."""

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as RedisAwayError

from accounts.actions import rotate_api_key
from api import limits
from provider.models import Service
from tests.api.callers import URL, Caller, nothing_happens
from tests.factories import LINK


@pytest.fixture
def two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls a day: no test can run into the next window."""
    monkeypatch.setattr(limits, "CALLS", 2)
    monkeypatch.setattr(limits, "WINDOW", 86_400)


def test_a_call_too_many_is_429_and_is_not_executed(
    alice: Caller, service: Service, two_calls: None
) -> None:
    order = {"service": service.pk, "link": LINK, "quantity": 1000}
    alice("balance")
    alice("balance")

    with nothing_happens():
        reply = Client().post(URL, {"key": alice.key, "action": "add", **order})

    assert reply.status_code == 429
    assert reply.json() == {"error": "Too many requests"}
    assert 1 <= int(reply["Retry-After"]) <= 86_400


def test_a_new_key_does_not_lift_the_limit(alice: Caller, two_calls: None) -> None:
    alice("balance")
    alice("balance")

    key = rotate_api_key(user=alice.user)

    assert Client().post(URL, {"key": key, "action": "balance"}).status_code == 429


def test_one_customers_calls_are_not_held_against_another(
    alice: Caller, bob: Caller, two_calls: None
) -> None:
    alice("balance")
    alice("balance")

    assert bob("balance") == {"balance": "100", "currency": "USD"}


@pytest.mark.parametrize("added", [True, False])
def test_without_the_cache_every_call_passes(
    alice: Caller, two_calls: None, monkeypatch: pytest.MonkeyPatch, added: bool
) -> None:
    def away(*_args: object) -> int:
        raise RedisAwayError

    monkeypatch.setattr(cache, "add", lambda *_args, **_options: added)
    monkeypatch.setattr(cache, "incr", away)

    for _call in range(3):
        assert alice("balance") == {"balance": "100", "currency": "USD"}
