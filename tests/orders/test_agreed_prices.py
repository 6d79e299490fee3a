"""Ordering at a price of one's own: what is shown is charged, and sent with consent."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from ledger.queries import balance
from orders import actions, queries
from orders.enums import HoldReason, Submission
from orders.errors import PriceChangedError
from orders.intake import Intake
from orders.models import Order
from provider.actions import reprice
from provider.models import CustomerTerms, Offer, Service, SpecialPrice
from tests.api.callers import Caller, make_caller
from tests.factories import LINK, make_admin, make_customer, make_order, make_service
from tests.orders.acting import Script, again

pytestmark = pytest.mark.django_db


def make_priced_service() -> Service:
    """Make a service that costs 1.00 and sells at 1.30 to everybody."""
    service = make_service()
    reprice()
    service.refresh_from_db()
    return service


def give(customer: User, service: Service, price: str, **fields: Any) -> SpecialPrice:
    return SpecialPrice.objects.create(
        customer=customer, service=service, price=Decimal(price), **fields
    )


def consent(margin: str) -> dict[str, Any]:
    return {
        "consent_margin": Decimal(margin),
        "consent_by": make_admin(),
        "consent_at": timezone.now(),
    }


def test_an_order_is_charged_at_the_customers_own_price() -> None:
    customer, service = make_customer(credit="10"), make_priced_service()
    give(customer, service, "1.1")

    quote = queries.quote(service=service, intake=Intake(units=1000), customer=customer)
    order = make_order(customer, service)

    assert (quote.price, quote.charge) == (Decimal("1.1"), Decimal("1.1"))
    assert (order.price, order.charge) == (Decimal("1.1"), Decimal("1.1"))
    assert (order.consent_margin, order.consent_by) == (None, None)
    assert balance(customer=customer) == Decimal("8.9")


def test_somebody_elses_price_is_of_no_use() -> None:
    service = make_priced_service()
    give(make_customer(), service, "1.1")

    assert make_order(service=service).charge == Decimal("1.3")


def test_a_price_that_moved_since_it_was_shown_is_refused() -> None:
    customer, service = make_customer(credit="10"), make_priced_service()
    CustomerTerms.objects.create(customer=customer, discount=10)

    with pytest.raises(PriceChangedError) as refusal:
        make_order(customer, service, expected_charge=Decimal("1.3"))

    assert refusal.value.charge == Decimal("1.17")
    assert balance(customer=customer) == 10
    assert not Order.objects.exists()


def test_an_order_below_cost_keeps_who_consented_and_is_sent(script: Script) -> None:
    customer, service = make_customer(credit="10"), make_priced_service()
    special = give(customer, service, "0.9", **consent("-10"))

    order = make_order(customer, service)
    actions.submit(order_id=order.pk)

    order = again(order)
    assert order.charge == Decimal("0.9")
    assert (order.consent_margin, order.consent_by) == (-10, special.consent_by)
    assert order.submission == Submission.ACCEPTED


def test_consent_covers_no_more_than_its_margin(script: Script) -> None:
    customer, service = make_customer(credit="10"), make_priced_service()
    give(customer, service, "0.9", **consent("-10"))
    order = make_order(customer, service)
    Offer.objects.update(rate_seen=Decimal("1.00001"))

    actions.submit(order_id=order.pk)

    order = again(order)
    assert (order.submission, order.held_for) == (Submission.HELD, HoldReason.COST)
    assert script.asked("add") == []


def test_the_page_shows_and_charges_the_same(client: Client) -> None:
    customer, service = make_customer(credit="10"), make_priced_service()
    give(customer, service, "1.1")
    address = f"/services/{service.pk}/"
    assert "$1.30" in client.get(address).content.decode()
    assert "$1.30" in client.get("/services/").content.decode()
    client.force_login(customer)

    page = client.get(address).content.decode()
    filled = {"link": LINK, "quantity": "1000"}
    quote = client.post(f"{address}price/", filled, headers={"HX-Request": "true"})

    assert "$1.10" in page
    assert "$1.30" not in page
    assert 'value="1.10000000"' in page
    assert "$1.10" in quote.content.decode()
    assert "$1.10" in client.get("/services/").content.decode()


def test_the_catalogue_of_the_api_has_the_callers_prices(db: None) -> None:
    alice: Caller = make_caller("alice@example.com")
    bob: Caller = make_caller("bob@example.com")
    give(alice.user, make_priced_service(), "1.1")

    assert [row["rate"] for row in alice("services")] == ["1.1"]
    assert [row["rate"] for row in bob("services")] == ["1.3"]
