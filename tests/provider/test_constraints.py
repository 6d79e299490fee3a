"""What the database itself refuses of providers, the catalogue and its prices."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.db.models.functions import Now

from provider.enums import RuleScope
from provider.models import (
    Category,
    CustomerTerms,
    ErrorPhrase,
    ExchangeRate,
    MarkupRule,
    Offer,
    PriceGroup,
    Provider,
    RateProposal,
    Route,
    Service,
    SpecialPrice,
    SyncRun,
)
from tests.factories import make_admin, make_customer, make_provider, make_service

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "fields", "constraint"),
    [
        (Provider, {"batch_size": 0}, "provider_batch_size_up_to_100"),
        (Provider, {"batch_size": 101}, "provider_batch_size_up_to_100"),
        (Provider, {"max_in_flight": 0}, "provider_max_in_flight_above_0"),
        (Provider, {"calls_per_minute": 0}, "provider_calls_per_minute_above_0"),
        (Provider, {"pause_heals": True}, "provider_only_a_pause_heals"),
        (Offer, {"rate_seen": 0}, "offer_rate_above_zero"),
        (Offer, {"rate_seen": -1}, "offer_rate_above_zero"),
        (Offer, {"min": 0}, "offer_limits_in_order"),
        (Offer, {"min": 5, "max": 4}, "offer_limits_in_order"),
        (Service, {"min": 0}, "service_limits_in_order"),
        (Service, {"min": 5, "max": 4}, "service_limits_in_order"),
        (Service, {"price": 0}, "service_price_above_zero"),
        (Service, {"fixed_price": 0}, "service_fixed_price_above_zero"),
        (Service, {"price": None}, "service_sellable_is_complete"),
        (Service, {"loss_policy": "send"}, "service_loss_needs_consent"),
        (Service, {"loss_limit": 5}, "service_loss_needs_consent"),
        (Service, {"type": ""}, "service_sellable_is_complete"),
    ],
)
def test_a_row_cannot_be_changed_into_nonsense(
    model: Any, fields: dict[str, object], constraint: str
) -> None:
    make_service()

    with pytest.raises(IntegrityError, match=constraint):
        model.objects.update(**fields)


@pytest.mark.parametrize(
    ("scope", "subjects"),
    [
        (RuleScope.EVERYTHING, ["service"]),
        (RuleScope.SERVICE, []),
        (RuleScope.SERVICE, ["service", "category"]),
        (RuleScope.CATEGORY, ["provider"]),
        (RuleScope.PROVIDER, ["provider", "service"]),
    ],
)
def test_a_rule_is_about_just_what_its_scope_names(
    scope: RuleScope, subjects: list[str]
) -> None:
    service = make_service()
    known = {
        "service": service,
        "category": service.category,
        "provider": service.routes.get().offer.provider,
    }
    rule = MarkupRule(scope=scope, **{name: known[name] for name in subjects})

    with pytest.raises(ValidationError, match="Choose just what the scope names"):
        rule.full_clean()
    with pytest.raises(IntegrityError, match="markup_rule_scope_names_its_subject"):
        rule.save()


@pytest.mark.parametrize("subject", ["service", "category", "provider", None])
def test_there_is_one_rule_for_one_thing(subject: str | None) -> None:
    service = make_service()
    known = {
        "service": service,
        "category": service.category,
        "provider": service.routes.get().offer.provider,
    }
    fields: dict[str, Any] = {"scope": subject or RuleScope.EVERYTHING}
    if subject:
        fields[subject] = known[subject]
    MarkupRule.objects.create(**fields)

    with pytest.raises(ValidationError, match="There is a rule for this already"):
        MarkupRule(**fields).full_clean()
    with pytest.raises(IntegrityError, match="markup_rule_one_per_scope"):
        MarkupRule.objects.create(**fields)


@pytest.mark.parametrize(
    "fields", [{"percent": -1}, {"fixed": -1}, {"step": 0}, {"minimum_margin": -1}]
)
def test_a_rule_never_takes_away(fields: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="markup_rule_not_below_zero"):
        MarkupRule.objects.create(scope=RuleScope.EVERYTHING, **fields)


@pytest.mark.parametrize(
    ("base", "rate", "constraint"),
    [
        ("EUR", 0, "exchange_rate_above_zero"),
        ("EUR", -1, "exchange_rate_above_zero"),
        ("USD", 1, "exchange_rate_between_two_currencies"),
    ],
)
def test_a_rate_of_exchange_is_one(base: str, rate: int, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        ExchangeRate.objects.create(base=base, quote="USD", rate=rate)


def test_an_upstream_id_is_one_offer_of_a_provider() -> None:
    service = make_service()
    offer = Offer.objects.get()
    offer.pk = None

    with pytest.raises(IntegrityError, match="offer_one_per_upstream_id"):
        offer.save(force_insert=True)
    assert str(service) == f"{service.pk} {service.name}"


def test_a_service_has_one_route_per_position() -> None:
    service, other = make_service(), make_service()

    with pytest.raises(IntegrityError, match="route_one_per_position"):
        Route.objects.create(
            service=service, offer=other.routes.get().offer, position=1
        )


def test_a_service_buys_an_offer_by_one_route() -> None:
    route = make_service().routes.get()

    with pytest.raises(IntegrityError, match="route_one_per_offer"):
        Route.objects.create(service=route.service, offer=route.offer, position=2)


@pytest.mark.parametrize("own", [True, False])
def test_a_wording_has_one_class(own: bool) -> None:
    provider = make_provider() if own else None
    ErrorPhrase.objects.create(
        provider=provider, pattern="no money", error_class="no_funds"
    )

    with pytest.raises(IntegrityError, match="error_phrase_one_per_pattern"):
        ErrorPhrase.objects.create(
            provider=provider, pattern="no money", error_class="refused"
        )


@pytest.mark.parametrize("model", [Provider, Offer, Category])
def test_what_is_sold_cannot_lose_what_it_stands_on(model: Any) -> None:
    make_service()

    with pytest.raises(ProtectedError):
        model.objects.get().delete()


def test_names_are_unique() -> None:
    provider = make_provider(name="Northwind")

    with pytest.raises(ValidationError, match="already exists"):
        make_provider(name="Northwind")
    assert Provider.objects.get() == provider


def test_rows_are_called_what_staff_know_them_by() -> None:
    service = make_service(name="Dubbing", offer={"upstream_id": "7"})
    route = service.routes.get()
    provider = route.offer.provider

    assert str(service.category) == "Subtitles"
    assert str(route.offer) == "7 Dubbing"
    assert str(route) == f"{service.pk} → {route.offer_id}"
    assert str(ErrorPhrase(pattern="no money")) == "no money"
    assert str(SyncRun(provider=provider, outcome="failed")) == f"{provider} failed"


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"discount": 5, "markup": 5}, "price_group_discount_or_markup"),
        ({"discount": -1}, "price_group_percent_in_bounds"),
        ({"discount": Decimal("100.001")}, "price_group_percent_in_bounds"),
        ({"markup": Decimal("1000.001")}, "price_group_percent_in_bounds"),
        ({"consent_margin": 5}, "pricegroup_consent_is_whole"),
        ({"consent_at": Now()}, "pricegroup_consent_is_whole"),
        ({"name": "Friends"}, "provider_pricegroup_name_key"),
    ],
)
def test_a_group_makes_sense(fields: dict[str, Any], constraint: str) -> None:
    PriceGroup.objects.create(name="Friends")

    with pytest.raises(IntegrityError, match=constraint):
        PriceGroup.objects.create(**{"name": "Others", **fields})


def test_nobody_consents_to_losing_everything() -> None:
    consent = {"consent_by": make_admin(), "consent_at": Now()}

    with pytest.raises(IntegrityError, match="pricegroup_consent_is_whole"):
        PriceGroup.objects.create(name="Friends", consent_margin=-100, **consent)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"discount": -1}, "customer_terms_discount_in_bounds"),
        ({"discount": 101}, "customer_terms_discount_in_bounds"),
        ({"consent_margin": 5}, "customerterms_consent_is_whole"),
    ],
)
def test_a_customers_terms_make_sense(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        CustomerTerms.objects.create(customer=make_customer(), **fields)


def test_a_customer_has_one_set_of_terms_and_so_one_group() -> None:
    customer = make_customer()
    CustomerTerms.objects.create(customer=customer)

    with pytest.raises(IntegrityError, match="customer"):
        CustomerTerms.objects.create(customer=customer)


def test_a_group_with_members_stays() -> None:
    group = PriceGroup.objects.create(name="Friends")
    CustomerTerms.objects.create(customer=make_customer(), group=group)

    with pytest.raises(ProtectedError):
        group.delete()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({}, "special_price_one_per_customer"),
        ({"price": 0, "service": True}, "special_price_above_zero"),
        ({"group": True}, "special_price_for_one_customer_or_group"),
        ({"customer": None}, "special_price_for_one_customer_or_group"),
        ({"customer": None, "group": "same"}, "special_price_one_per_group"),
        ({"service": True, "consent_margin": 1}, "specialprice_consent_is_whole"),
    ],
)
def test_a_special_price_makes_sense(fields: dict[str, Any], constraint: str) -> None:
    group, customer = PriceGroup.objects.create(name="Friends"), make_customer()
    service = make_service()
    SpecialPrice.objects.create(customer=customer, service=service, price=1)
    SpecialPrice.objects.create(group=group, service=service, price=1)
    values = {"customer": customer, "service": service, "price": 1, **fields}
    if values.get("group"):
        values["group"] = group
    if fields.get("service"):
        values["service"] = make_service()

    with pytest.raises(IntegrityError, match=constraint):
        SpecialPrice.objects.create(**values)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"rate": 0}, "rate_proposal_above_zero"),
        ({"before": 0}, "rate_proposal_above_zero"),
        ({}, "rate_proposal_one_open"),
    ],
)
def test_a_rate_in_question_makes_sense(
    fields: dict[str, Any], constraint: str
) -> None:
    values = {"base": "EUR", "quote": "USD", "rate": 2, "before": 1, "source": "url"}
    RateProposal.objects.create(**values)

    with pytest.raises(IntegrityError, match=constraint):
        RateProposal.objects.create(**{**values, **fields})


def test_a_rate_in_question_is_taken_by_somebody() -> None:
    taken = ExchangeRate.objects.create(base="EUR", quote="USD", rate=2)

    with pytest.raises(IntegrityError, match="rate_proposal_taken_by_somebody"):
        RateProposal.objects.create(
            base="EUR",
            quote="USD",
            rate=2,
            before=1,
            source="url",
            closed_at=Now(),
            taken=taken,
        )
