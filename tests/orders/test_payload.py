"""An order as the fields of an `add`."""

import pytest

from orders.models import Attempt, Order
from orders.payload import add_fields
from provider.models import Offer, Provider
from provider.protocol.types import TYPES, ServiceType

LINK = "https://example.com/film"
OFFER = Offer(upstream_id="1001", provider=Provider())


def fields(**values: object) -> dict[str, str]:
    order = Order(link=LINK, **values)
    return add_fields(attempt=Attempt(order=order, offer=OFFER))


def test_a_default_order_sends_link_and_quantity() -> None:
    assert fields(type="default", quantity=100) == {
        "service": "1001",
        "link": LINK,
        "quantity": "100",
    }


def test_what_the_customer_calls_it_is_not_sent() -> None:
    assert "mine" not in fields(type="package", reference="mine").values()


def test_runs_and_interval_go_together() -> None:
    sent = fields(type="default", quantity=100, runs=5, interval=60)

    assert (sent["runs"], sent["interval"]) == ("5", "60")


def test_where_lines_are_counted_no_quantity_is_sent() -> None:
    sent = fields(type="custom_comments", quantity=3, fields={"comments": "a\nb\nc"})

    assert sent == {"service": "1001", "link": LINK, "comments": "a\nb\nc"}


def test_fields_that_are_empty_or_of_another_type_are_not_sent() -> None:
    sent = fields(
        type="poll",
        quantity=10,
        fields={"answer_number": "2", "comments": "x", "key": "mine", "action": "x"},
    )

    assert set(sent) == {"service", "link", "quantity", "answer_number"}


@pytest.mark.parametrize("kind", ServiceType)
def test_no_field_of_any_type_is_lost(kind: ServiceType) -> None:
    rule = TYPES[kind]
    others = {name: "x" for name in rule.fields if name not in {"link", "quantity"}}

    sent = fields(type=kind, quantity=1, runs=2, interval=3, fields=others)

    assert set(sent) == {"service", *rule.fields}


def test_a_provider_that_knows_request_ids_gets_one() -> None:
    offer = Offer(upstream_id="1001", provider=Provider(request_ids=True))
    attempt = Attempt(order=Order(type="package", link=LINK), offer=offer)

    assert add_fields(attempt=attempt) == {
        "service": "1001",
        "link": LINK,
        "request_id": str(attempt.request_id),
    }
