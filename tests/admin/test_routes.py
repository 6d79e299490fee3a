"""Where a service is bought, and what may be lost on it, as staff say it."""

from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.test import Client

from provider.models import Offer, Route, Service
from shop.admin import page_of
from tests.admin.acting import log_in, press, text_of
from tests.factories import make_admin, make_provider, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


@pytest.fixture
def service() -> Service:
    return make_service()


@pytest.fixture
def offer() -> Offer:
    return Offer.objects.create(
        provider=make_provider(), upstream_id="2002", name="The other one",
        type="default", rate_seen=Decimal("1.5"), min=10, max=1000,
    )  # fmt: skip


def test_a_fallback_is_added_put_first_and_removed(
    client: Client, service: Service, offer: Offer
) -> None:
    named = {"provider": offer.provider_id, "upstream_id": "2002"}

    press(client, service, "add_route", **named)
    assert Route.objects.get(offer=offer).position == 2

    press(client, service, "put_first", **named)
    assert Route.objects.get(offer=offer).position == 1

    page = press(client, service, "remove_route", **named)
    assert not Route.objects.filter(offer=offer).exists()
    assert "not bought there any more" in text_of(page)


def test_an_offer_that_does_not_exist_is_explained(
    client: Client, service: Service, offer: Offer
) -> None:
    page = press(
        client, service, "add_route", provider=offer.provider_id, upstream_id="1"
    )

    assert "has no offer 1" in text_of(page)
    assert Route.objects.filter(service=service).count() == 1


def test_who_consents_to_losses_is_shown(client: Client, service: Service) -> None:
    press(client, service, "losses", policy="send", limit="5")

    page = text_of(client.get(page_of(service)))
    service.refresh_from_db()
    assert (service.loss_policy, service.loss_limit) == ("send", 5)
    assert "send it at a loss, up to the limit" in page
    assert "admin@example.com" in page


def test_a_limit_without_the_policy_is_explained(
    client: Client, service: Service
) -> None:
    page = press(client, service, "losses", policy="hold", limit="5")

    service.refresh_from_db()
    assert "belongs to sending at a loss" in text_of(page)
    assert service.loss_limit == 0


def test_an_overcharged_service_is_sold_again(client: Client, service: Service) -> None:
    Service.objects.update(overcharged_at=Now(), off_reason="overcharged")

    press(client, service, "sell_again")

    service.refresh_from_db()
    assert service.on_sale
