"""`balance` and `services`."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provider.enums import OffReason
from provider.models import Category, Service
from provider.protocol.types import ServiceType
from tests.api.callers import Caller, make_caller
from tests.factories import make_order, make_service


def test_balance_is_text_with_its_currency(alice: Caller) -> None:
    assert alice("balance") == {"balance": "100", "currency": "USD"}


def test_balance_falls_by_what_was_ordered(alice: Caller, service: Service) -> None:
    make_order(alice.user, service, {"link": "https://e.com/", "quantity": "11"})

    assert alice("balance")["balance"] == "99.978"


def test_a_customer_who_never_paid_in_has_nothing(db: None) -> None:
    newcomer = make_caller("new@example.com")

    assert newcomer("balance") == {"balance": "0", "currency": "USD"}


def test_a_row_has_the_documented_types(alice: Caller) -> None:
    service = make_service(
        name="자막",
        price=Decimal("0.90"),
        min=50,
        max=2_147_483_647,
        refill=True,
        cancel=False,
        dripfeed=True,
        description="한 줄",
        average_time="3 hours",
    )

    assert alice("services") == [
        {
            "service": service.pk,
            "name": "자막",
            "type": "Default",
            "category": "Subtitles",
            "rate": "0.9",
            "min": "50",
            "max": "2147483647",
            "refill": True,
            "cancel": False,
            "dripfeed": True,
            "desc": "한 줄",
            "average_time": "3 hours",
        }
    ]


def test_what_is_not_known_is_left_out(alice: Caller, service: Service) -> None:
    (row,) = alice("services")

    assert "desc" not in row
    assert "average_time" not in row


def test_types_are_named_as_the_protocol_does(alice: Caller) -> None:
    make_service(type=ServiceType.MENTIONS_CUSTOM_LIST, dripfeed=True)

    (row,) = alice("services")

    assert row["type"] == "Mentions Custom List"
    # The flag came from upstream, but the type has no runs.
    assert row["dripfeed"] is False


@pytest.mark.parametrize(
    "off", [{"active": False}, {"off_reason": OffReason.PRICE_CHECK}]
)
def test_services_not_on_sale_are_not_listed(
    alice: Caller, off: dict[str, Any]
) -> None:
    make_service(**off)

    assert alice("services") == []


def test_shelves_come_in_the_shops_order(alice: Caller) -> None:
    last = make_service(category=Category.objects.create(name="A", position=2))
    first = make_service(category=Category.objects.create(name="B", position=1))

    assert [row["service"] for row in alice("services")] == [first.pk, last.pk]


def test_five_thousand_services_take_as_many_statements_as_one(
    alice: Caller, service: Service
) -> None:
    with CaptureQueriesContext(connection) as one:
        alice("services")
    Service.objects.bulk_create(
        Service(
            category=service.category,
            name=f"Service {number}",
            type=ServiceType.DEFAULT,
            min=1,
            max=10,
            price=Decimal("1.5"),
            active=True,
        )
        for number in range(4999)
    )

    with CaptureQueriesContext(connection) as many:
        rows = alice("services")

    assert len(rows) == 5000
    # The key, its use, what is agreed, the services with their shelves, translations.
    assert len(many) == len(one) == 5
