"""The page that says why a price is what it is."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from provider import actions
from provider.enums import RuleScope
from provider.models import (
    CustomerTerms,
    MarkupRule,
    PriceGroup,
    Service,
    SpecialPrice,
)
from shop.admin import page_of
from tests.admin.acting import log_in, nothing_is_written, text_of
from tests.factories import (
    make_admin,
    make_customer,
    make_order,
    make_provider,
    make_service,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def why(client: Client, service: Service, **query: Any) -> str:
    address = reverse("admin:provider_service_why", args=[service.pk])
    with nothing_is_written():
        page = client.get(address, query)
    assert page.status_code == 200
    return text_of(page)


def make_priced(**offer: Any) -> Service:
    """Make a service that is bought in euros, at 1.00 unless `offer` says otherwise."""
    service = make_service(make_provider(currency="EUR", markup=Decimal(20)), offer)
    actions.set_exchange_rate(base="EUR", rate=Decimal("1.5"), source="a bank")
    return service


def test_each_step_of_a_price_is_told(client: Client) -> None:
    service = make_priced(rate_seen=Decimal("0.101"))
    MarkupRule.objects.create(
        scope=RuleScope.SERVICE,
        service=service,
        percent=50,
        fixed=Decimal("0.02"),
        step=Decimal("0.05"),
        minimum_margin=10,
    )
    actions.reprice()

    page = why(client, service)

    for part in (
        "0.101 EUR",
        "1 EUR = 1.5 USD",
        "a bank",
        "0.1515 USD",
        "cost + 50 % + 0.02",
        "0.24725 USD",
        "up, in steps of 0.05",
        "$0.25",
        "cost + minimum margin of 10 %",
        "one service: 50 %",
        "decides",
        "a narrower one decides",
        "there is none",
    ):
        assert part in page, part


def test_a_fixed_price_and_an_unknown_cost_are_told(client: Client) -> None:
    service = make_service(make_provider(currency="KRW"), fixed_price=Decimal(5))
    actions.reprice()

    page = why(client, service)

    assert "Nobody said what one KRW costs." in page
    assert "Set for this service; no markup rule changes it." in page
    assert "its price is being checked" in page


def test_a_service_that_nobody_sells_is_told(client: Client) -> None:
    service = make_service()
    service.routes.all().delete()

    assert "Nobody sells it to us." in why(client, service)


def test_a_price_that_is_out_of_date_says_so(client: Client) -> None:
    service = make_service()

    assert "Something changed since it was last priced." in why(client, service)


def test_what_is_switched_off_and_has_no_agreement_is_told(client: Client) -> None:
    service, customer = make_priced(), make_customer()
    Service.objects.update(active=False)

    page = why(client, service, customer=customer.pk)

    assert "switched off" in page
    assert "the price for everybody" in page


def test_a_price_that_rounds_to_nothing_is_none(client: Client) -> None:
    service = make_service(offer={"rate_seen": Decimal("1e-15")})
    actions.reprice()

    page = why(client, service)

    assert "its price is being checked" in page
    assert "Something changed" not in page


def test_a_special_price_without_an_end_is_told(client: Client) -> None:
    service, customer = make_priced(), make_customer()
    SpecialPrice.objects.create(
        customer=customer, service=service, price=Decimal("1.6")
    )

    page = why(client, service, customer=customer.pk)

    assert "a special price for the customer" in page
    assert "$1.60" in page


def test_an_order_says_who_consented_to_its_price(client: Client) -> None:
    order = make_order()
    boss = make_customer("boss@example.com")
    Order.objects.update(consent_margin=-5, consent_by=boss)

    assert "boss@example.com (−5 %)" in text_of(client.get(page_of(order)))


def test_rounding_down_that_went_up_says_why(client: Client) -> None:
    service = make_service()
    MarkupRule.objects.create(
        scope=RuleScope.EVERYTHING, percent=25, step=Decimal("0.7"), rounding="down"
    )
    actions.reprice()

    page = why(client, service)

    assert "down, in steps of 0.7; but up, as it would be below the" in page


def test_what_a_customer_pays_is_told_by_number_or_address(client: Client) -> None:
    service, customer = make_priced(), make_customer("ann@example.com")
    group = PriceGroup.objects.create(name="Friends", discount=10)
    CustomerTerms.objects.create(customer=customer, group=group)

    pages = [
        why(client, service, customer=given)
        for given in (customer.pk, " Ann@Example.com ")
    ]

    for page in pages:
        assert "What ann@example.com pays" in page
        assert "the group&#x27;s discount: 10 % (Friends)" in page
        assert "$1.62" in page
        assert 'value="ann@example.com"' in page


def test_a_raised_price_says_so(client: Client) -> None:
    service, customer = make_priced(), make_customer()
    CustomerTerms.objects.create(customer=customer, discount=50)

    page = why(client, service, customer=customer.pk)

    assert "the customer&#x27;s discount: 50 %" in page
    assert "Raised to the least price; lower only with consent." in page
    assert "$1.50" in page


def test_consent_names_who_gave_it(client: Client) -> None:
    service, customer = make_priced(), make_customer()
    SpecialPrice.objects.create(
        customer=customer,
        service=service,
        price=Decimal("1.4"),
        until_date=timezone.now().date(),
        consent_margin=-10,
        consent_by=make_customer("boss@example.com"),
        consent_at=timezone.now(),
    )

    page = why(client, service, customer=customer.pk)

    assert "a special price for the customer, until" in page
    assert "down to a margin of −10 %, with consent" in page
    assert "boss@example.com" in page
    assert "$1.40" in page


def test_an_unknown_cost_lowers_nothing(client: Client) -> None:
    service, customer = make_service(), make_customer()
    CustomerTerms.objects.create(customer=customer, discount=50)

    assert "so that nothing lowers the price" in why(
        client, service, customer=customer.pk
    )


def test_a_customer_who_does_not_exist_is_said_to(client: Client) -> None:
    page = why(client, make_priced(), customer="nobody@example.com")

    assert "There is no such customer." in page
    assert "The price for everybody" in page


def test_it_is_linked_from_the_service_and_the_order(client: Client) -> None:
    order = make_order()
    address = reverse("admin:provider_service_why", args=[order.service_id])

    assert address in text_of(client.get(page_of(order.service)))
    assert f"{address}?customer={order.customer_id}" in text_of(
        client.get(page_of(order))
    )


def test_it_is_for_those_who_may_see_services() -> None:
    service = make_service()
    address = reverse("admin:provider_service_why", args=[service.pk])
    staff = log_in(make_customer(is_staff=True))

    assert staff.get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_a_service_that_does_not_exist_has_no_price(client: Client) -> None:
    address = reverse("admin:provider_service_why", args=[987654])

    assert client.get(address).status_code == 404
