"""The doorbell never stands in the way of an order."""

from typing import Any

import pytest
from celery import Celery
from celery.exceptions import OperationalError
from pytest_django import Settings

from orders.models import Order
from shop import celery
from shop.celery import assert_deadlines, ring
from tests.factories import make_order


@pytest.fixture
def broker_is_away(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    tried: list[str] = []

    def refuse(name: str, **_: Any) -> None:
        tried.append(name)
        raise OperationalError("refused")

    monkeypatch.setattr(celery, "_silent_until", 0.0)
    monkeypatch.setattr(celery.app, "send_task", refuse)
    return tried


def test_a_ring_says_whether_it_went_out(
    rings: list[tuple[str, dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery, "_silent_until", 0.0)

    assert ring("orders.submit", order_id=1)
    assert rings == [("orders.submit", {"order_id": 1})]


def test_a_broker_that_is_away_is_left_alone_for_a_while(
    broker_is_away: list[str],
) -> None:
    assert not ring("orders.submit", order_id=1)
    assert not ring("orders.submit", order_id=2)

    assert broker_is_away == ["orders.submit"]


def test_a_broker_that_refuses_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Celery("away", broker="redis://127.0.0.1:1/0")
    away.conf.broker_transport_options = celery.app.conf.broker_transport_options
    monkeypatch.setattr(celery, "_silent_until", 0.0)
    monkeypatch.setattr(celery, "app", away)

    assert not ring("orders.submit", order_id=1)


@pytest.mark.django_db(transaction=True)
def test_an_order_is_placed_while_the_broker_is_away(broker_is_away: list[str]) -> None:
    order = make_order()

    assert Order.objects.get(pk=order.pk).submission == "queued"
    assert broker_is_away == ["orders.submit"]


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("HTTP_DEADLINE", 61), ("ATTEMPT_LEASE", 601), ("VISIBILITY_TIMEOUT", 60)],
)
def test_time_limits_out_of_order_stop_the_start(
    name: str, seconds: int, settings: Settings
) -> None:
    assert_deadlines()
    setattr(settings, name, seconds)

    with pytest.raises(ValueError, match="LEASE"):
        assert_deadlines()
