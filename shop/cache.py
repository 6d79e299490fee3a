"""The cache, which the shop can do without."""

import logging
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])


def _forgiving(method: Method, answer: Any) -> Method:
    @wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except RedisError as error:
            logger.warning("The cache does not answer: %s", type(error).__name__)
            # A new one each time: callers may write into a dictionary or list.
            return copy(answer)

    return wrapper  # type: ignore[return-value]


class ForgivingRedisCache(RedisCache):
    """Redis as a cache that is empty, rather than in the way, while Redis is away."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default=default, version=version)
        except RedisError as error:
            logger.warning("The cache does not answer: %s", type(error).__name__)
            return default

    # "True" to add(): a throttle lets the request pass, as nothing is known against it.
    add = _forgiving(RedisCache.add, answer=True)
    set = _forgiving(RedisCache.set, answer=None)
    touch = _forgiving(RedisCache.touch, answer=False)
    delete = _forgiving(RedisCache.delete, answer=False)
    get_many = _forgiving(RedisCache.get_many, answer={})
    set_many = _forgiving(RedisCache.set_many, answer=[])
    delete_many = _forgiving(RedisCache.delete_many, answer=None)
    has_key = _forgiving(RedisCache.has_key, answer=False)
