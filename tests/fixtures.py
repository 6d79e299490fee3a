"""Fixtures that several rooms' tests share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import TransactionTestCase
from pytest_django import Settings

from content import frame
from ledger.audit import broken as broken_money
from orders.audit import broken as broken_orders
from payments.audit import broken as broken_payments
from provider.actions import sync
from provider.models import Provider
from sandbox.catalogue import DEMO_FILE, load
from sandbox.server import running
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from shop import celery
from tests.emptying import drop, empty
from tests.factories import make_provider

TransactionTestCase._fixture_teardown = empty
DatabaseCreation._destroy_test_db = drop


@pytest.fixture(autouse=True)
def nothing_is_written_around_the_pages() -> None:
    """Begin every test with the frame of the pages in the cache, as in real life.

    What another test has written is forgotten, and no page counts a query for it.
    """
    frame.keep(frame.Frame())


@dataclass
class Clock:
    """A clock that only moves when it is told to, in seconds."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Upstream:
    """A sandbox that answers over HTTP, and the provider's row that points to it."""

    vendor: Vendor
    clock: Clock
    url: str
    provider: Provider = field(init=False)


@pytest.fixture
def upstream(settings: Settings, transactional_db: None) -> Iterator[Upstream]:
    """A provider with the demo catalogue, read and on sale; orders live for 100 s."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    clock = Clock()
    vendor = Vendor(
        load(DEMO_FILE),
        Terms(key="practice", speed=100, partial=0, cancel=0),
        clock=clock,
    )
    with running(vendor) as address:
        found = Upstream(vendor, clock, f"{address}/api/v2")
        found.provider = make_provider(url=found.url, publish=True)
        sync(provider=found.provider)
        yield found


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """The doorbell, with nobody at home: what was rung for, in order."""
    heard: list[tuple[str, dict[str, object]]] = []

    def send_task(name: str, kwargs: dict[str, object], **options: object) -> None:
        heard.append((name, kwargs))

    monkeypatch.setattr(celery.app, "send_task", send_task)
    return heard


@pytest.fixture
def audit() -> Callable[[], list[str]]:
    """Every promise that the rows break; a storm must leave none."""
    return lambda: [*broken_money(), *broken_orders(), *broken_payments()]
