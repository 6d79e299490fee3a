"""A shop without Redis is slower, not closed."""

import pytest
from django.core.cache import cache

from shop.cache import ForgivingRedisCache


@pytest.fixture
def away() -> ForgivingRedisCache:
    return ForgivingRedisCache("redis://127.0.0.1:1/0", {})


def test_everything_is_missing_while_redis_is_away(away: ForgivingRedisCache) -> None:
    assert away.get("a", "default") == "default"
    assert away.get_many(["a"]) == {}
    assert not away.has_key("a")
    assert "a" not in away


def test_writes_are_forgotten_while_redis_is_away(away: ForgivingRedisCache) -> None:
    away.set("a", 1)
    assert away.set_many({"a": 1}) == []
    assert not away.delete("a")
    away.delete_many(["a"])
    assert not away.touch("a")


def test_throttles_let_pass_while_redis_is_away(away: ForgivingRedisCache) -> None:
    assert away.add("a", 1)


def test_what_was_set_is_read_while_redis_is_there() -> None:
    cache.set("a", 1, 10)
    assert cache.get("a") == 1
    assert not cache.add("a", 2)


def test_what_a_caller_does_to_an_empty_answer_is_not_seen_by_the_next(
    away: ForgivingRedisCache,
) -> None:
    away.get_many(["a"])["a"] = 1
    away.set_many({"a": 1}).append("a")

    assert away.get_many(["a"]) == {}
    assert away.set_many({"a": 1}) == []
