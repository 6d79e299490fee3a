"""What services cost: the statement that prices all, the rules and the rates."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from provider import actions
from provider.actions import PricingError
from provider.actions.pricing import reprice_in_transaction
from provider.enums import Rounding, RuleScope
from provider.models import ExchangeRate, MarkupRule, Offer, Provider, Service
from provider.pricing import (
    HIGHEST_COST,
    HIGHEST_PRICE,
    Rule,
    earns,
    floor_of,
    price_of,
)
from shop.money import round_to, round_up
from tests.factories import make_provider, make_service

pytestmark = pytest.mark.django_db

RATES = st.decimals("1e-20", 99_999_998, places=20)
PERCENT = st.decimals(0, 99_999, places=3)
MONEY = st.decimals(0, 10**6, places=8)
STEPS = st.one_of(
    st.sampled_from(
        [Decimal(step) for step in ("1e-8", "0.00001", "0.01", "1", "500")]
    ),
    st.decimals("1e-8", 1000, places=8),
)


def sold(service: Service) -> tuple[Decimal | None, str]:
    """Return a service's price, and why it is not sold."""
    service.refresh_from_db()
    return service.price, service.off_reason


def make_rule(scope: RuleScope, **fields: Any) -> MarkupRule:
    return MarkupRule.objects.create(scope=scope, **fields)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rate=RATES,
    exchange=st.decimals("1e-20", 9_999, places=20),
    percent=PERCENT,
    fixed=MONEY,
    step=STEPS,
    minimum_margin=PERCENT,
    rounding=st.sampled_from(Rounding),
)
def test_the_statement_prices_as_python_does(
    rate: Decimal,
    exchange: Decimal,
    percent: Decimal,
    fixed: Decimal,
    step: Decimal,
    minimum_margin: Decimal,
    rounding: Rounding,
) -> None:
    rule = Rule(percent, fixed, step, minimum_margin, rounding)
    service = _priced_by(rate, exchange, rule)

    with localcontext(prec=80):
        cost = rate * exchange
    price = price_of(cost, rule)
    possible = 0 < price <= HIGHEST_PRICE
    assert service.price == (price if possible else None)
    on_sale = possible and earns(price, cost, rule)
    assert service.off_reason == ("" if on_sale else "price_check")
    known = cost < HIGHEST_COST
    assert service.unit_cost == (_kept(cost) if known else None)
    floor = floor_of(cost, rule)
    assert service.floor == (floor if floor <= HIGHEST_PRICE else None)
    if service.floor is not None:
        assert not on_sale or service.floor <= price


def _kept(cost: Decimal) -> Decimal:
    """Return a cost as its column keeps it."""
    with localcontext(prec=80):
        return cost.quantize(Decimal("1e-20"), ROUND_HALF_UP)


def _priced_by(rate: Decimal, exchange: Decimal, rule: Rule) -> Service:
    """Put one service at this rate and rule, price it by SQL, and return it."""
    service = Service.objects.first()
    if service is None:
        service = make_service(make_provider(currency="KRW"))
        make_rule(RuleScope.EVERYTHING)
    Offer.objects.update(rate_seen=rate)
    MarkupRule.objects.update(
        percent=rule.percent,
        fixed=rule.fixed,
        step=rule.step,
        minimum_margin=rule.minimum_margin,
        rounding=rule.rounding,
    )
    ExchangeRate.objects.create(base="KRW", quote="USD", rate=exchange)
    reprice_in_transaction()
    service.refresh_from_db()
    return service


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(value=Decimal("-0.03632648495"), step=Decimal("1E-8"))
@given(value=st.decimals(-(10**6), 10**9, places=20), step=STEPS)
def test_any_step_rounds_alike_in_both_forms(value: Decimal, step: Decimal) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT shop_round_up(%s::numeric, %s)", [value, step])
        assert cursor.fetchone()[0] == round_up(value, step)
        for rounding in Rounding:
            cursor.execute(
                "SELECT shop_round_to(%s::numeric, %s, %s)", [value, step, rounding]
            )
            assert cursor.fetchone()[0] == round_to(value, step, rounding)


def test_the_narrowest_rule_decides() -> None:
    service = make_service()
    provider = service.routes.get().offer.provider
    rules = [
        (RuleScope.EVERYTHING, {}, "10", "1.1"),
        (RuleScope.PROVIDER, {"provider": provider}, "20", "1.2"),
        (RuleScope.CATEGORY, {"category": service.category}, "30", "1.3"),
        (RuleScope.SERVICE, {"service": service}, "40", "1.4"),
    ]
    for scope, subject, percent, price in rules:
        rule = MarkupRule(scope=scope, percent=Decimal(percent), **subject)

        assert actions.save_rule(rule=rule) == 1

        assert sold(service) == (Decimal(price), "")


def test_without_a_rule_the_shops_own_markup_and_step_hold(settings: Settings) -> None:
    settings.DEFAULT_MARKUP, settings.PRICE_STEP = Decimal("12.5"), Decimal("0.1")
    service = make_service()

    actions.reprice()

    assert sold(service) == (Decimal("1.2"), "")


def test_fixed_step_and_percent_come_together() -> None:
    service = make_service(offer={"rate_seen": Decimal("0.333")})
    rule = MarkupRule(
        scope=RuleScope.EVERYTHING,
        percent=Decimal("12.5"),
        fixed=Decimal("0.1"),
        step=Decimal("0.05"),
    )

    actions.save_rule(rule=rule)

    # 0.333 × 1.125 + 0.1 = 0.474625
    assert sold(service) == (Decimal("0.5"), "")


@pytest.mark.parametrize(
    ("rounding", "rate", "price"),
    [
        ("up", "0.201", "0.3"),
        ("down", "0.299", "0.2"),
        ("nearest", "0.249", "0.2"),
        ("nearest", "0.25", "0.3"),
        # Down would sell below the cost.
        ("down", "0.2", "0.2"),
    ],
)
def test_a_rule_says_which_way_it_rounds(rounding: str, rate: str, price: str) -> None:
    service = make_service(offer={"rate_seen": Decimal(rate) / 2})
    rule = MarkupRule(
        scope=RuleScope.EVERYTHING, percent=100, step=Decimal("0.1"), rounding=rounding
    )

    actions.save_rule(rule=rule)

    assert sold(service) == (Decimal(price), "")


@pytest.mark.parametrize("rounding", ["down", "nearest"])
def test_no_rounding_goes_below_the_minimum_margin(rounding: str) -> None:
    # 0.2 × 1.2 = 0.24, and at least 0.2 × 1.1 = 0.22 is to come in.
    service = make_service(offer={"rate_seen": Decimal("0.2")})
    rule = MarkupRule(
        scope=RuleScope.EVERYTHING,
        percent=20,
        minimum_margin=10,
        step=Decimal("0.1"),
        rounding=rounding,
    )

    actions.save_rule(rule=rule)

    assert sold(service) == (Decimal("0.3"), "")
    assert (service.unit_cost, service.floor) == (Decimal("0.2"), Decimal("0.22"))


def test_a_cost_that_moves_below_a_fixed_price_is_kept_and_no_move() -> None:
    service = make_service(fixed_price=Decimal(2))
    actions.reprice()
    Offer.objects.update(rate_seen=Decimal("1.5"))

    assert actions.reprice() == 0

    assert sold(service) == (Decimal(2), "")
    assert (service.unit_cost, service.floor) == (Decimal("1.5"), Decimal("1.5"))


def age_rates(**age: int) -> None:
    """Let every rate of exchange have been said so long ago."""
    ExchangeRate.objects.update(created_at=timezone.now() - timedelta(**age))


def test_what_rests_on_an_old_rate_of_exchange_is_not_sold(settings: Settings) -> None:
    settings.RATE_PAUSE_HOURS = 10
    abroad = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    here = make_service()
    actions.set_exchange_rate(base="EUR", rate=Decimal("1.1"))

    age_rates(hours=9)
    actions.reprice()
    assert sold(abroad) == (Decimal("1.1"), "")

    age_rates(hours=11)
    actions.reprice()
    assert sold(abroad) == (Decimal("1.1"), "rate_old")
    assert sold(here) == (Decimal("1.3"), "")

    actions.set_exchange_rate(base="EUR", rate=Decimal("1.1"))
    assert sold(abroad) == (Decimal("1.1"), "")


def test_a_shop_may_let_rates_grow_as_old_as_they_like(settings: Settings) -> None:
    settings.RATE_PAUSE_HOURS = 0
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    actions.set_exchange_rate(base="EUR", rate=Decimal("1.1"))

    age_rates(days=4000)
    actions.reprice()

    assert sold(service) == (Decimal("1.1"), "")


def test_a_rule_that_makes_no_sense_changes_nothing() -> None:
    service = make_service(price=Decimal("2"))

    with pytest.raises(ValidationError):
        actions.save_rule(rule=MarkupRule(scope=RuleScope.SERVICE, percent=5))

    assert not MarkupRule.objects.exists()
    assert sold(service) == (Decimal(2), "")


def test_a_fixed_price_stands_whatever_the_rules_say() -> None:
    service = make_service(fixed_price=Decimal("1.23"))
    make_rule(RuleScope.EVERYTHING, percent=500)

    actions.reprice()

    assert sold(service) == (Decimal("1.23"), "")


@pytest.mark.parametrize(
    ("fixed_price", "off_reason"),
    [("0.99999999", "price_check"), ("1.09", "price_check"), ("1.1", "")],
)
def test_a_price_that_does_not_earn_is_not_sold_at(
    fixed_price: str, off_reason: str
) -> None:
    service = make_service(fixed_price=Decimal(fixed_price))
    make_rule(RuleScope.EVERYTHING, percent=50, minimum_margin=10)

    actions.reprice()

    assert sold(service) == (Decimal(fixed_price), off_reason)


def test_a_fixed_price_is_not_sold_at_while_nobody_knows_the_cost() -> None:
    provider = make_provider(currency="KRW")
    service = make_service(provider, fixed_price=Decimal(5))

    actions.reprice()
    assert sold(service) == (Decimal(5), "price_check")

    actions.set_exchange_rate(base="KRW", rate=Decimal("0.0007"))
    assert sold(service) == (Decimal(5), "")


def test_a_price_beyond_every_purse_is_not_sold_at() -> None:
    service = make_service(offer={"rate_seen": Decimal(10**9)})
    make_rule(RuleScope.EVERYTHING, percent=99_999)

    actions.reprice()

    assert sold(service) == (None, "price_check")


def test_the_newest_rate_of_exchange_counts_and_the_old_ones_stay() -> None:
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))

    for rate in ("1.1", "1.2", "0.9"):
        row = actions.set_exchange_rate(base="EUR", rate=Decimal(rate), source="bank")
        assert str(row) == f"EUR/USD {rate}"
        assert sold(service) == (Decimal(rate), "")

    assert ExchangeRate.objects.count() == 3


@pytest.mark.parametrize(
    ("base", "rate"),
    [
        ("EUR", "0"),
        ("EUR", "-1"),
        ("EUR", "NaN"),
        ("EUR", "Infinity"),
        ("EUR", "0.000000000000000000001"),
        ("EUR", "10000000000"),
        ("USD", "1"),
    ],
)
def test_a_rate_of_exchange_that_makes_no_sense_is_refused(
    base: str, rate: str
) -> None:
    with pytest.raises(PricingError):
        actions.set_exchange_rate(base=base, rate=Decimal(rate))

    assert not ExchangeRate.objects.exists()


def test_one_providers_prices_can_be_made_alone() -> None:
    mine, other = make_service(), make_service()
    provider: Provider = mine.routes.get().offer.provider
    make_rule(RuleScope.EVERYTHING, percent=50)

    assert reprice_in_transaction(provider_id=provider.pk) == 1

    assert sold(mine) == (Decimal("1.5"), "")
    assert sold(other) == (Decimal(2), "")


def test_prices_that_are_right_are_not_written_again() -> None:
    make_service()

    assert [actions.reprice(), actions.reprice()] == [1, 0]


def test_a_service_without_a_route_keeps_its_price() -> None:
    service = make_service()
    service.routes.all().delete()

    assert actions.reprice() == 0

    assert sold(service) == (Decimal(2), "")


def test_a_rule_is_called_by_its_scope() -> None:
    rule = MarkupRule(scope=RuleScope.EVERYTHING, percent=Decimal("12.500"))

    assert str(rule) == "everything: 12.5 %"
