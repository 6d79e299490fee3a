"""What the queue rings for."""

import pytest

from provider import tasks
from provider.models import Provider, SyncRun
from shop import celery
from tests.factories import make_provider
from tests.provider.feeds import Feed, row

pytestmark = pytest.mark.django_db(transaction=True)
Rings = list[tuple[str, dict[str, object]]]


@pytest.fixture(autouse=True)
def broker_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery, "_silent_until", 0.0)


def test_every_due_catalogue_is_rung_for_once(rings: Rings) -> None:
    providers = [make_provider() for _ in range(2)]
    off = make_provider()
    Provider.objects.filter(pk=off.pk).update(active=False)

    tasks.sync_due()
    tasks.sync_due()

    assert rings == [
        ("provider.sync", {"provider_id": provider.pk}) for provider in providers
    ]


def test_every_active_providers_balance_is_rung_for_once_a_minute(rings: Rings) -> None:
    provider, off = make_provider(), make_provider()
    Provider.objects.filter(pk=off.pk).update(active=False)

    tasks.read_balances()
    tasks.read_balances()

    assert rings == [("provider.read_balance", {"provider_id": provider.pk})]


def test_a_catalogue_is_read(provider: Provider, feed: Feed) -> None:
    feed.rows(row())

    tasks.sync(provider_id=provider.pk)

    assert SyncRun.objects.get().added == 1


def test_a_balance_is_read(provider: Provider, feed: Feed) -> None:
    feed.body = b'{"balance": "5"}'

    tasks.read_balance(provider_id=provider.pk)

    provider.refresh_from_db()
    assert provider.balance == 5


def test_a_provider_that_is_gone_is_no_fault() -> None:
    tasks.sync(provider_id=0)
    tasks.read_balance(provider_id=0)

    assert not SyncRun.objects.exists()
