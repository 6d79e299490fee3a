"""How often something happened lately. Counted in the cache, and not at all without it."""

from django.core.cache import cache
from redis.exceptions import RedisError


def count(name: str, *, window: int) -> int:
    """Count `name` once more and return how often that was within `window` seconds.

    The window begins with the first. Zero where nothing is known: the cache is away, or
    the window has just ended.
    """
    if cache.add(name, 1, timeout=window):
        return 1
    try:
        return int(cache.incr(name))
    except (ValueError, RedisError):
        return 0
