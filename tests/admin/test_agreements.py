"""Groups, terms and special prices in the admin, and who is recorded to have consented."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from provider import actions
from provider.models import CustomerTerms, PriceGroup, Service, SpecialPrice
from provider.prices import price_for
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, save, text_of
from tests.factories import make_admin, make_customer, make_service

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def boss() -> User:
    return make_admin("boss@example.com")


@pytest.fixture
def client(boss: User) -> Client:
    return log_in(boss)


@pytest.fixture
def service() -> Service:
    """A service that costs 1.00 and sells at 1.30."""
    made = make_service()
    actions.reprice()
    made.refresh_from_db()
    return made


def add(client: Client, model: type, **fields: Any) -> Any:
    return client.post(list_of(model) + "add/", fields, follow=True)


def test_a_group_and_its_member_pay_less(client: Client, service: Service) -> None:
    customer = make_customer()

    add(client, PriceGroup, name="Friends", discount="10")
    group = PriceGroup.objects.get()
    add(client, CustomerTerms, customer=customer.pk, group=group.pk)

    assert price_for(service=service, customer=customer).price == Decimal("1.17")
    assert (group.consent_by, group.consent_at) == (None, None)
    page = text_of(client.get(list_of(PriceGroup)))
    assert "10 % less" in page
    assert customer.email in text_of(client.get(page_of(group)))


def test_a_group_says_what_it_pays(client: Client) -> None:
    PriceGroup.objects.create(name="Resellers", markup=Decimal("7.5"))

    assert "cost + 7.5 %" in text_of(client.get(list_of(PriceGroup)))


def test_a_discount_and_a_markup_are_one_too_many(client: Client) -> None:
    page = add(client, PriceGroup, name="Friends", discount="10", markup="5")

    assert "A discount or a markup, not both." in text_of(page)
    assert not PriceGroup.objects.exists()


def test_a_price_below_the_least_needs_consent(
    client: Client, service: Service
) -> None:
    customer = make_customer()
    filled = {"service": service.pk, "customer": customer.pk, "price": "0.95"}

    page = add(client, SpecialPrice, **filled)
    assert "This service is sold at $1.00 at least." in text_of(page)
    page = add(client, SpecialPrice, **filled, consent_margin="-4.999")
    assert "This service is sold at $0.95001 at least." in text_of(page)

    assert not SpecialPrice.objects.exists()


def test_who_consents_is_recorded(client: Client, service: Service, boss: User) -> None:
    customer = make_customer()
    filled = {"service": service.pk, "customer": customer.pk, "price": "0.95"}

    add(client, SpecialPrice, **filled, consent_margin="-5")

    special = SpecialPrice.objects.get()
    assert (special.consent_margin, special.consent_by) == (-5, boss)
    assert special.consent_at is not None
    assert price_for(service=service, customer=customer).price == Decimal("0.95")
    assert "−5 %, boss@example.com" in text_of(client.get(page_of(special)))


def test_consent_stays_with_who_gave_it_until_it_changes(
    client: Client, service: Service, boss: User
) -> None:
    add(client, PriceGroup, name="Friends", discount="50", consent_margin="-5")
    group = PriceGroup.objects.get()
    given_at = group.consent_at
    other = make_admin("other@example.com")

    save(log_in(other), group, discount="40")
    group.refresh_from_db()
    assert (group.discount, group.consent_by, group.consent_at) == (40, boss, given_at)

    save(log_in(other), group, consent_margin="-10")
    group.refresh_from_db()
    assert group.consent_by == other
    assert group.consent_at != given_at

    save(log_in(other), group, consent_margin=None)
    group.refresh_from_db()
    assert (group.consent_margin, group.consent_by, group.consent_at) == (None,) * 3


def test_nobody_consents_to_giving_everything_away(client: Client) -> None:
    add(client, PriceGroup, name="Friends", consent_margin="-100")

    assert not PriceGroup.objects.exists()


def test_a_special_price_is_for_a_customer_or_a_group(
    client: Client, service: Service
) -> None:
    page = add(client, SpecialPrice, service=service.pk, price="1.2")

    assert "Choose a customer or a group, not both." in text_of(page)
    assert not SpecialPrice.objects.exists()


def test_a_price_without_a_service_is_refused(client: Client) -> None:
    page = add(client, SpecialPrice, price="1.2", customer=make_customer().pk)

    assert page.status_code == 200
    assert not SpecialPrice.objects.exists()
