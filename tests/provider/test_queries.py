"""What is read of providers and the catalogue."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from provider import actions, queries
from provider.models import ExchangeRate, Offer, Provider, Route
from tests.factories import make_provider, make_service

pytestmark = pytest.mark.django_db


def test_the_rate_of_exchange_is_the_newest_or_none() -> None:
    assert queries.exchange_rate(base="USD") == 1
    assert queries.exchange_rate(base="EUR") is None

    for rate in ("1.1", "1.2"):
        actions.set_exchange_rate(base="EUR", rate=Decimal(rate))

    assert queries.exchange_rate(base="EUR") == Decimal("1.2")


def test_by_a_rate_that_is_too_old_nothing_is_bought(settings: Settings) -> None:
    settings.RATE_PAUSE_HOURS = 10
    actions.set_exchange_rate(base="EUR", rate=Decimal("1.1"))
    actions.set_exchange_rate(base="KRW", rate=Decimal("0.001"))
    old = timezone.now() - timedelta(hours=11)
    ExchangeRate.objects.filter(base="EUR").update(created_at=old)

    assert queries.exchange_rates(bases=["EUR", "KRW", "USD", "GBP"]) == {
        "USD": 1,
        "KRW": Decimal("0.001"),
    }

    settings.RATE_PAUSE_HOURS = 0
    assert queries.exchange_rate(base="EUR") == Decimal("1.1")


def test_providers_are_those_that_we_buy_from() -> None:
    second, first, off = (make_provider(name=name) for name in ("B", "A", "C"))
    Provider.objects.filter(pk=off.pk).update(active=False)

    assert list(queries.active_providers()) == [first, second]
    assert queries.provider(provider_id=off.pk) == off
    assert queries.provider(provider_id=0) is None


def test_the_first_offer_is_the_one_bought() -> None:
    service, spare = make_service(), make_service()
    Route.objects.create(
        service=service, offer=Offer.objects.get(routes__service=spare), position=0
    )

    offer = queries.first_offer(service=service)

    assert offer == Offer.objects.filter(routes__service=spare).first()
    service.routes.all().delete()
    assert queries.first_offer(service=service) is None
