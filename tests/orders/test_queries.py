"""Reading orders, and saying what may be done with them."""

from decimal import Decimal

import pytest
from django.utils import timezone

from orders import actions, queries
from orders.enums import OPEN, RefillStatus, Status
from orders.errors import BalanceTooLowError
from orders.intake import Intake
from orders.models import Order
from provider.models import Service
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order, make_service
from tests.orders.acting import (
    Script,
    accepted,
    again,
    completed,
    says,
    sending,
    tracked,
)

pytestmark = pytest.mark.django_db


def test_a_quote_is_what_placing_charges() -> None:
    service = make_service(price=Decimal("1.23456"))

    quote = queries.quote(service=service, intake=Intake(units=137))
    order = make_order(
        service=service, raw={"link": "https://example.com", "quantity": "137"}
    )

    assert (quote.units, quote.price, quote.charge) == (
        137,
        service.price,
        order.charge,
    )


def test_a_package_is_quoted_at_its_price() -> None:
    service = make_service(type="package", min=1, max=1)

    assert queries.quote(service=service, intake=Intake(units=1)).charge == 2


def test_a_service_without_a_price_is_not_quoted() -> None:
    service = Service(pk=5, name="Subtitles", type="default")

    with pytest.raises(ValueError, match="5 Subtitles has no price"):
        queries.quote(service=service, intake=Intake(units=1))


def test_nobody_finds_anybody_elses_orders() -> None:
    alice, bob = (make_customer(credit="100") for _ in range(2))
    orders = [make_order(alice) for _ in range(2)]
    number = orders[0].pk

    assert list(queries.orders_of(customer=alice)) == orders[::-1]
    assert list(queries.orders_of(customer=bob)) == []
    assert queries.order_of(customer=alice, order_id=number) == orders[0]
    assert queries.order_of(customer=bob, order_id=number) is None
    assert queries.orders_by_ids(customer=alice, order_ids=[number, 999_999]) == {
        number: orders[0]
    }
    assert queries.orders_by_ids(customer=bob, order_ids=[number]) == {}


def test_nobody_finds_anybody_elses_refills(script: Script) -> None:
    order = completed(script)
    refill = actions.request_refill(order=order, by=order.customer)
    bob = make_customer()

    mine = queries.refills_by_ids(customer=order.customer, ids=[refill.pk])
    assert mine == {refill.pk: refill}
    assert queries.refills_by_ids(customer=bob, ids=[refill.pk]) == {}


def test_a_cancel_is_no_refill(script: Script) -> None:
    order = accepted(script)
    request = actions.cancel_order(order=order, by=order.customer)
    assert request

    assert queries.refills_by_ids(customer=order.customer, ids=[request.pk]) == {}
    assert list(queries.requests(order=order)) == [request]


@pytest.mark.parametrize("number", [0, -1, 10**30])
def test_numbers_that_no_order_has_find_nothing(number: int) -> None:
    customer = make_customer()

    assert queries.order_of(customer=customer, order_id=number) is None
    assert queries.orders_by_ids(customer=customer, order_ids=[number]) == {}


def test_a_history_shows_what_a_customer_could_see(script: Script) -> None:
    order = tracked(script, accepted(script), says(UpstreamStatus.IN_PROGRESS))
    order = tracked(script, order, says(UpstreamStatus.PARTIAL, remains=500))
    order = tracked(script, order, says(UpstreamStatus.FAILED, charge="0"))

    moments = [(m.status, m.note) for m in queries.history(order=order)]

    assert moments == [
        (Status.PENDING, ""),
        (Status.IN_PROGRESS, ""),
        (Status.PARTIAL, "$1.00 refunded to your balance"),
        (Status.CANCELED, "$1.00 refunded to your balance"),
    ]


def test_what_goes_on_behind_is_not_in_the_history(script: Script) -> None:
    order = tracked(script, accepted(script), says(None))

    assert [m.status_label for m in queries.history(order=order)] == ["Pending"]


def test_open_orders_are_those_that_have_not_ended(script: Script) -> None:
    order = make_order()
    completed(script)

    assert list(Order.objects.open()) == [order]


def test_failed_is_canceled_to_customers() -> None:
    assert queries.outward(Status.FAILED) == Status.CANCELED
    assert all(queries.outward(status) == status for status in OPEN)


def test_every_state_of_a_refill_has_an_outward_word() -> None:
    assert set(queries.REFILL_OUTWARD) == set(RefillStatus)


def test_an_order_says_what_came_of_it(script: Script) -> None:
    order = accepted(script)
    assert order.delivered is None
    order = tracked(script, order, says(UpstreamStatus.IN_PROGRESS, remains=-20))
    assert order.delivered == 1000
    order = tracked(script, order, says(UpstreamStatus.PARTIAL, remains=400))
    assert (order.delivered, order.net_charge) == (600, Decimal("1.2"))
    assert completed(script).delivered == 1000


def test_an_order_is_being_checked_while_nobody_is_sure(script: Script) -> None:
    order = make_order()
    assert not order.being_checked
    order = again(sending(script, order).order)
    assert order.being_checked
    assert not completed(script).being_checked
    assert Order(
        status="pending", submission="accepted", flagged_at=timezone.now()
    ).being_checked


def test_errors_name_what_a_customer_can_do() -> None:
    error = BalanceTooLowError(Decimal("0.5"))

    assert (error.code, error.field) == ("balance_too_low", "")
    assert str(error) == "Your balance is too low: $0.50 is missing."
