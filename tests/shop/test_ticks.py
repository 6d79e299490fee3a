"""Two schedulers do no harm."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from shop.models import Tick
from shop.ticks import release, take

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_schedulers_one_takes_the_tick() -> None:
    def one(_: int) -> bool:
        try:
            return take("sweep", every=60)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == 1


def test_the_tick_comes_again_after_its_period() -> None:
    assert take("sweep", every=60)
    assert not take("sweep", every=60)

    Tick.objects.update(last_at=F("last_at") - timedelta(seconds=61))

    assert take("sweep", every=60)


def test_each_task_has_a_tick_of_its_own() -> None:
    assert take("sweep", every=60)
    assert take("sync", every=60)


def test_a_tick_that_is_released_is_taken_again() -> None:
    assert take("sweep", every=60)
    assert take("sync", every=60)

    release("sweep")

    assert take("sweep", every=60)
    assert not take("sync", every=60)
