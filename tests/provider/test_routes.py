"""The ways to buy a service: fallbacks are added, put first, and taken away."""

from decimal import Decimal

import pytest
from django.db.models.functions import Now

from provider.actions import (
    ProviderError,
    add_route,
    put_first,
    remove_route,
    reprice,
)
from provider.models import Offer, Provider, Route, Service
from tests.factories import make_provider, make_service

pytestmark = pytest.mark.django_db


def make_offer(provider: Provider | None = None, **fields: object) -> Offer:
    values: dict[str, object] = {
        "upstream_id": "2002", "name": "The other one", "type": "default",
        "rate_seen": Decimal("1.5"), "min": 10, "max": 1000,
    }  # fmt: skip
    return Offer.objects.create(
        provider=provider or make_provider(), **{**values, **fields}
    )


def add(service: Service, offer: Offer, upstream_id: str = "") -> None:
    add_route(
        service=service,
        provider=offer.provider,
        upstream_id=upstream_id or offer.upstream_id,
    )


def ids_of(service: Service) -> list[str]:
    routes = Route.objects.filter(service=service).order_by("position")
    return list(routes.values_list("offer__upstream_id", flat=True))


def price_of(service: Service) -> Decimal | None:
    return Service.objects.get(pk=service.pk).price


def test_a_fallback_comes_last_and_leaves_the_price_alone() -> None:
    service, offer = make_service(), make_offer()
    reprice()
    before = price_of(service)

    add(service, offer, " 2002 ")

    assert ids_of(service)[1:] == ["2002"]
    assert price_of(service) == before == Decimal("1.3")


def test_put_first_the_price_follows_it() -> None:
    service, offer = make_service(), make_offer()
    first = ids_of(service)[0]
    add(service, offer)

    put_first(service=service, provider=offer.provider, upstream_id="2002")

    assert ids_of(service) == ["2002", first]
    assert price_of(service) == Decimal("1.95")


def test_what_is_removed_leaves_no_gap() -> None:
    service, offer = make_service(), make_offer()
    first = Route.objects.get(service=service).offer
    add(service, offer)

    remove_route(
        service=service, provider=first.provider, upstream_id=first.upstream_id
    )

    assert ids_of(service) == ["2002"]
    assert Route.objects.get(service=service).position == 1


def test_the_only_offer_stays() -> None:
    service = make_service()
    offer = Route.objects.get(service=service).offer

    with pytest.raises(ProviderError, match="keeps one offer"):
        remove_route(
            service=service, provider=offer.provider, upstream_id=offer.upstream_id
        )

    assert ids_of(service) == [offer.upstream_id]


@pytest.mark.parametrize(
    ("upstream_id", "fields", "message"),
    [
        ("2002", {"type": "package"}, "another type: Package"),
        ("2002", {"type": "", "type_given": "Hearts"}, "another type: Hearts"),
        ("9999", {}, "has no offer 9999"),
    ],
)
def test_an_offer_that_does_not_fit_is_refused(
    upstream_id: str, fields: dict[str, object], message: str
) -> None:
    service, offer = make_service(), make_offer(**fields)
    before = ids_of(service)

    with pytest.raises(ProviderError, match=message):
        add(service, offer, upstream_id)

    assert ids_of(service) == before


def test_the_same_offer_is_not_added_twice() -> None:
    service, offer = make_service(), make_offer()
    add(service, offer)

    with pytest.raises(ProviderError, match="bought there already"):
        add(service, offer)

    assert len(ids_of(service)) == 2


def test_an_offer_that_is_not_a_route_cannot_come_first() -> None:
    service, offer = make_service(), make_offer()
    before = ids_of(service)

    with pytest.raises(ProviderError, match="not bought there"):
        put_first(service=service, provider=offer.provider, upstream_id="2002")

    assert ids_of(service) == before


def test_a_service_stays_on_sale_while_a_fallback_is_offered() -> None:
    service, offer = make_service(), make_offer()
    first = Route.objects.get(service=service).offer
    add(service, offer)
    Offer.objects.filter(pk=first.pk).update(withdrawn_at=Now())

    reprice()

    service.refresh_from_db()
    assert (service.on_sale, service.price) == (True, Decimal("1.95"))

    Offer.objects.filter(pk=offer.pk).update(withdrawn_at=Now())
    reprice()

    service.refresh_from_db()
    assert service.off_reason == "withdrawn"
