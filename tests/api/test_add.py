"""`add`."""

from typing import Any

import pytest

from ledger.queries import balance
from orders.enums import Source
from orders.models import Order
from provider.models import Service
from provider.protocol.types import ServiceType
from tests.api.callers import Caller, make_caller, nothing_happens
from tests.factories import LINK, make_service


def test_an_order_is_placed_and_paid_for(alice: Caller, service: Service) -> None:
    reply = alice("add", service=service.pk, link=LINK, quantity=1000)

    order = Order.objects.get()
    assert reply == {"order": order.pk}
    assert (order.customer, order.service) == (alice.user, service)
    assert (order.link, order.quantity, order.source) == (LINK, 1000, Source.API)
    assert balance(customer=alice.user) == 98


def test_drip_feed_is_charged_for_all_runs(alice: Caller) -> None:
    service = make_service(dripfeed=True)

    alice("add", service=service.pk, link=LINK, quantity=1000, runs=5, interval=60)

    order = Order.objects.get()
    assert (order.runs, order.interval, order.units, order.charge) == (5, 60, 5000, 10)


def test_comments_are_counted_by_line(alice: Caller) -> None:
    service = make_service(type=ServiceType.CUSTOM_COMMENTS, min=1)

    alice("add", service=service.pk, link=LINK, comments="good\r\n\r\n좋아요\r\n")

    assert Order.objects.get().units == 2


def test_a_package_needs_no_quantity(alice: Caller) -> None:
    service = make_service(type=ServiceType.PACKAGE)

    alice("add", service=service.pk, link=LINK)

    assert Order.objects.get().charge == 2


@pytest.mark.parametrize(
    "named", ["", "0", "-1", "abc", "1.0", "٣", "9" * 18, "9" * 4000, "1 OR 1=1"]
)
def test_a_service_that_is_none_is_refused(alice: Caller, named: str) -> None:
    with nothing_happens():
        reply = alice("add", service=named, link=LINK, quantity=1000)

    assert reply == {"error": "Incorrect service ID"}


def test_a_service_not_on_sale_is_refused_like_one_that_never_was(
    alice: Caller,
) -> None:
    service = make_service(active=False)

    with nothing_happens():
        reply = alice("add", service=service.pk, link=LINK, quantity=1000)

    assert reply == {"error": "Incorrect service ID"}


def test_without_a_service_nothing_is_ordered(alice: Caller) -> None:
    with nothing_happens():
        assert alice("add", link=LINK) == {"error": "Incorrect service ID"}


def test_a_balance_too_low_is_refused(service: Service) -> None:
    poor = make_caller("poor@example.com", credit="1.99")

    with nothing_happens():
        reply = poor("add", service=service.pk, link=LINK, quantity=1000)

    assert reply == {"error": "Not enough funds on balance"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            {"link": LINK, "quantity": "9"},
            "Incorrect quantity. At least 10, please: you have 9.",
        ),
        (
            {"link": LINK, "quantity": "10001"},
            "Incorrect quantity. At most 10000, please: you have 10001.",
        ),
        ({"link": LINK}, "Incorrect quantity. This field is required."),
        ({"link": LINK, "quantity": ""}, "Incorrect quantity. This field is required."),
        ({"quantity": "1000"}, "Incorrect link. This field is required."),
        (
            {"link": "example", "quantity": "1000"},
            "Incorrect link. Enter a full link, such as https://example.com/page.",
        ),
        (
            {"link": LINK, "quantity": "1000", "runs": "2", "interval": "60"},
            "Incorrect runs. This service cannot be spread over several runs.",
        ),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_the_reason(
    alice: Caller, service: Service, fields: dict[str, Any], error: str
) -> None:
    with nothing_happens():
        assert alice("add", service=service.pk, **fields) == {"error": error}


@pytest.mark.parametrize(
    "quantity", ["-1000", "1e3", "1000.5", "1,000", "９００", "NaN"]
)
def test_a_quantity_that_is_no_whole_number_is_refused(
    alice: Caller, service: Service, quantity: str
) -> None:
    with nothing_happens():
        reply = alice("add", service=service.pk, link=LINK, quantity=quantity)

    assert reply == {"error": "Incorrect quantity. Enter a whole number."}


def test_refusals_are_in_english_whatever_the_customer_speaks(
    alice: Caller, service: Service
) -> None:
    headers = {"Accept-Language": "ko"}

    reply = alice("add", headers, service=service.pk, link=LINK, quantity=9)

    assert reply["error"].startswith("Incorrect quantity. At least 10")


def place(alice: Caller, service: Service, **more: Any) -> Any:
    return alice("add", service=service.pk, link=LINK, **{"quantity": 1000, **more})


def test_the_same_idempotency_key_is_the_same_order(
    alice: Caller, service: Service
) -> None:
    first = place(alice, service, idempotency_key="A-1")

    with nothing_happens():
        again = place(alice, service, idempotency_key="A-1")

    assert again == first
    assert balance(customer=alice.user) == 98


def test_the_idempotency_key_may_be_a_header(alice: Caller, service: Service) -> None:
    first = place(alice, service, idempotency_key="A-1")

    with nothing_happens():
        again = place(alice, service, headers={"Idempotency-Key": "A-1"})

    assert again == first


def test_the_original_answer_comes_even_when_the_balance_is_spent(
    service: Service,
) -> None:
    caller = make_caller("exact@example.com", credit="2")
    first = place(caller, service, idempotency_key="A-1")

    assert place(caller, service, idempotency_key="A-1") == first


def test_what_no_type_knows_does_not_make_another_order(
    alice: Caller, service: Service
) -> None:
    first = place(alice, service, idempotency_key="A-1", sent_at="10:00")

    with nothing_happens():
        again = place(alice, service, idempotency_key="A-1", sent_at="10:01")

    assert again == first


def test_another_order_under_the_same_key_is_refused(
    alice: Caller, service: Service
) -> None:
    place(alice, service, idempotency_key="A-1")

    with nothing_happens():
        reply = place(alice, service, idempotency_key="A-1", quantity=2000)

    assert reply == {"error": "This idempotency_key was used for a different order"}


def test_two_customers_may_use_the_same_idempotency_key(
    alice: Caller, bob: Caller, service: Service
) -> None:
    hers = place(alice, service, idempotency_key="A-1")

    his = place(bob, service, idempotency_key="A-1")

    assert his["order"] != hers["order"]
    assert Order.objects.get(pk=his["order"]).customer == bob.user


def test_without_a_key_every_call_is_an_order(alice: Caller, service: Service) -> None:
    assert place(alice, service) != place(alice, service, idempotency_key=" ")
    assert Order.objects.count() == 2


def test_an_idempotency_key_that_is_too_long_is_refused(
    alice: Caller, service: Service
) -> None:
    with nothing_happens():
        reply = place(alice, service, idempotency_key="k" * 101)

    assert reply == {"error": "Incorrect idempotency_key"}


def test_two_different_idempotency_keys_are_refused(
    alice: Caller, service: Service
) -> None:
    with nothing_happens():
        reply = place(
            alice, service, idempotency_key="A", headers={"Idempotency-Key": "B"}
        )

    assert reply == {"error": "Incorrect request: a parameter is given twice"}


SUBSCRIPTION = {"username": "ann", "min": 50, "max": 100, "posts": 10, "delay": 30}


def test_a_subscription_is_charged_its_reserve(alice: Caller) -> None:
    service = make_service(type=ServiceType.SUBSCRIPTIONS)

    reply = alice("add", service=service.pk, old_posts=5, **SUBSCRIPTION)

    order = Order.objects.get(pk=reply["order"])
    assert (order.units, order.charge, order.link) == (1500, 3, "")
    assert order.fields == {
        "username": "ann",
        "min": "50",
        "max": "100",
        "posts": "10",
        "delay": "30",
        "old_posts": "5",
    }


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"posts": ""}, "Incorrect posts. This field is required."),
        ({"delay": 7}, "Incorrect delay. Choose one of the values offered."),
        ({"expiry": "01/01/2020"}, "Incorrect expiry. This day is over."),
        ({"max": 40}, "Incorrect max. At least as many as the least per post, please."),
    ],
)
def test_a_subscription_that_does_not_fit_is_refused(
    alice: Caller, changed: dict[str, object], error: str
) -> None:
    service = make_service(type=ServiceType.SUBSCRIPTIONS)

    with nothing_happens():
        reply = alice("add", service=service.pk, **{**SUBSCRIPTION, **changed})

    assert reply == {"error": error}


def test_what_the_customer_calls_it_is_kept_and_told_to_nobody(
    alice: Caller, service: Service
) -> None:
    reply = alice("add", service=service.pk, link=LINK, quantity=10, reference="A-1")

    order = Order.objects.get()
    assert (reply, order.reference) == ({"order": order.pk}, "A-1")
    assert "A-1" not in str(alice("status", order=order.pk))


def test_a_reference_that_is_too_long_is_refused(
    alice: Caller, service: Service
) -> None:
    with nothing_happens():
        reply = alice(
            "add", service=service.pk, link=LINK, quantity=10, reference="x" * 101
        )

    assert reply == {"error": "Incorrect reference. This is too long."}
