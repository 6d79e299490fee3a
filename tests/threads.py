"""Real threads with connections of their own: what two workers do at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def together(*works: Callable[[], Result]) -> list[Result]:
    """Run all `works` at once, each in a thread; return what they return, in order.

    An exception of one of them is raised here, after all have ended.
    """
    barrier = Barrier(len(works))

    def run(work: Callable[[], Result]) -> Result:
        try:
            # Connected before the start, so that nobody is late.
            connection.ensure_connection()
            barrier.wait(timeout=10)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(run, work) for work in works]
    return [future.result() for future in futures]
