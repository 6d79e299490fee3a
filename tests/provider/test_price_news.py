"""Customers are told what their favourites cost now: one notice for all of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from accounts.models import User
from notices.enums import Kind
from notices.models import Notice
from provider import actions
from provider.actions import price_news
from provider.models import CustomerTerms, Service, ServiceChange, Translation
from provider.tasks import tell_of_prices
from tests.factories import make_customer, make_service

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _begun() -> None:
    """The first run begins at the end."""
    actions.tell_of_prices()


def starred(*services: Service, **fields: str) -> User:
    customer = make_customer(**fields)
    for service in services:
        actions.set_favourite(customer=customer, service=service, wanted=True)
    return customer


def set_price(service: Service, price: str) -> None:
    Service.objects.filter(pk=service.pk).update(price=Decimal(price))


def run() -> int:
    ServiceChange.objects.update(created_at=F("created_at") - timedelta(hours=1))
    return actions.tell_of_prices()


def news(customer: User) -> list[tuple[str, str]]:
    found = Notice.objects.filter(user=customer, kind=Kind.PRICES).order_by("id")
    return list(found.values_list("subject", "text"))


def test_one_notice_tells_of_all_favourites_with_a_new_price() -> None:
    first, second = make_service(name="First"), make_service(name="Second")
    other = make_service(name="Other")
    customer, stranger = starred(first, second), starred(other)
    set_price(first, "2.5")
    set_price(second, "1.5")
    run()
    set_price(first, "2.6")
    run()

    assert news(customer) == [
        (
            "2 of your favourites have new prices",
            "First: $2.00 → $2.50\nSecond: $2.00 → $1.50",
        ),
        ("1 of your favourites has a new price", "First: $2.50 → $2.60"),
    ]
    assert news(stranger) == []
    assert Notice.objects.first().url == "/services/?favourites=1"  # type: ignore[union-attr]


def test_a_price_that_went_and_came_back_is_no_news() -> None:
    service = make_service()
    customer = starred(service)
    set_price(service, "3")
    set_price(service, "2")

    assert run() == 0
    assert news(customer) == []


def test_what_is_not_on_sale_is_no_news() -> None:
    service = make_service()
    customer = starred(service)
    set_price(service, "3")
    Service.objects.update(active=False)

    run()

    assert news(customer) == []


def test_amounts_that_are_not_theirs_are_not_told() -> None:
    service = make_service(name="First")
    customer = starred(service)
    CustomerTerms.objects.create(customer=customer, discount=Decimal(10))
    set_price(service, "3")

    run()

    assert news(customer) == [("1 of your favourites has a new price", "First")]


def test_a_service_is_called_by_its_name_in_the_readers_language() -> None:
    service = make_service(name="First")
    Translation.objects.create(
        service=service, language="ko", field="name", text="첫째"
    )
    korean, english = starred(service, language="ko"), starred(service)
    set_price(service, "3")

    run()

    assert news(korean)[0][1].startswith("첫째: ")
    assert news(english)[0][1].startswith("First: ")


def test_very_many_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_news, "MOST", 2)
    services = [make_service(name=f"S{number}") for number in range(4)]
    customer = starred(*services)
    Service.objects.update(price=Decimal(3))

    run()

    ((_subject, text),) = news(customer)
    assert text.splitlines()[2:] == ["And 2 more."]


def test_many_customers_are_told_in_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_news, "SET", 2)
    service = make_service()
    customers = [starred(service) for _ in range(5)]
    set_price(service, "3")

    assert run() == 5

    assert all(len(news(customer)) == 1 for customer in customers)


def test_the_task_tells() -> None:
    service = make_service()
    customer = starred(service)
    set_price(service, "3")
    ServiceChange.objects.update(created_at=F("created_at") - timedelta(hours=1))

    tell_of_prices()

    assert len(news(customer)) == 1
