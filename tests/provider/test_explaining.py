"""The explanation of a price comes to the price that it explains."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from provider import actions
from provider.enums import Basis, Rounding, RuleScope
from provider.explaining import SCOPES, explain
from provider.models import (
    CustomerTerms,
    ExchangeRate,
    MarkupRule,
    Offer,
    Route,
    Service,
)
from tests.factories import make_customer, make_provider, make_service

pytestmark = pytest.mark.django_db

PERCENT = st.decimals(0, 300, places=3)


def subject(service: Service, scope: RuleScope) -> dict[str, Any]:
    offer = Offer.objects.get()
    return {
        RuleScope.SERVICE: {"service": service},
        RuleScope.CATEGORY: {"category": service.category},
        RuleScope.PROVIDER: {"provider": offer.provider},
        RuleScope.EVERYTHING: {},
    }[scope]


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rate=st.decimals("1e-8", 10**6, places=12),
    exchange=st.decimals("1e-6", 2000, places=12),
    rules=st.dictionaries(
        st.sampled_from(SCOPES),
        st.tuples(PERCENT, PERCENT, st.sampled_from(Rounding)),
    ),
)
def test_the_explanation_comes_to_the_same_price(
    rate: Decimal, exchange: Decimal, rules: dict[RuleScope, Any]
) -> None:
    service = Service.objects.first() or make_service(make_provider(currency="KRW"))
    Offer.objects.update(rate_seen=rate)
    ExchangeRate.objects.create(base="KRW", quote="USD", rate=exchange)
    MarkupRule.objects.all().delete()
    for scope, (percent, margin, rounding) in rules.items():
        MarkupRule.objects.create(
            scope=scope,
            percent=percent,
            minimum_margin=margin,
            rounding=rounding,
            step=Decimal("0.01"),
            **subject(service, scope),
        )
    actions.reprice_in_transaction()
    service.refresh_from_db()

    found = explain(service=service)

    # What rounds to nothing is no price.
    assert (found.decision.price or None) == service.price
    assert found.decision.floor == service.floor
    assert found.decision.scope == next(
        (scope for scope in SCOPES if scope in rules), None
    )


def test_the_offer_is_the_first_that_is_not_withdrawn() -> None:
    service = make_service()
    Offer.objects.update(withdrawn_at=timezone.now())
    second = Offer.objects.create(
        provider=make_provider(),
        upstream_id="2",
        name="The other one",
        type=service.type,
        rate_seen=Decimal(3),
        min=1,
        max=10,
    )
    Route.objects.create(service=service, offer=second, position=2)
    actions.reprice()
    service.refresh_from_db()

    found = explain(service=service)

    assert found.bought is not None
    assert (found.bought.offer, found.bought.position) == (second, 2)
    assert found.decision.price == service.price == Decimal("3.9")

    Offer.objects.filter(pk=second.pk).update(
        withdrawn_at=timezone.now() - timedelta(days=1)
    )
    found = explain(service=service)
    assert found.bought is not None
    assert found.bought.position == 1


def test_what_nobody_knows_is_said_to_be_unknown() -> None:
    service = make_service(make_provider(currency="EUR"))

    found = explain(service=service)

    assert found.bought is not None
    assert found.bought.is_abroad
    assert (found.bought.fx, found.bought.cost) == (None, None)
    assert (found.decision.exact, found.decision.price) == (None, None)


def test_a_service_without_a_route_has_no_cost() -> None:
    service = make_service()
    service.routes.all().delete()

    found = explain(service=service)

    assert (found.bought, found.decision.price) == (None, None)


def test_what_a_customer_pays_is_explained_too(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    service, customer = make_service(), make_customer()
    actions.reprice()
    service.refresh_from_db()
    CustomerTerms.objects.create(customer=customer, discount=50)

    with django_assert_num_queries(5):
        found = explain(service=service, customer=customer)

    assert found.paid is not None
    assert (found.paid.price, found.paid.basis) == (1, Basis.OWN_DISCOUNT)
    assert found.paid.raised


def test_a_service_without_a_price_is_explained_without_one() -> None:
    service = make_service(make_provider(currency="EUR"))
    actions.reprice()
    service.refresh_from_db()

    assert service.price is None
    assert explain(service=service).paid is None
