"""Placing an order: paid once, at the shown price, or not at all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from ledger.enums import AccountKind, TransferKind
from ledger.models import Transfer
from ledger.queries import balance
from orders import actions
from orders.enums import Source, Status, Submission
from orders.errors import (
    BalanceTooLowError,
    KeyReusedError,
    NotOnSaleError,
    PriceChangedError,
)
from orders.intake import FieldErrors
from orders.models import Order
from provider.enums import OffReason
from provider.models import Service
from tests.factories import LINK, make_customer, make_order, make_service
from tests.orders.acting import book, seconds_ahead

pytestmark = pytest.mark.django_db

RAW = {"link": LINK, "quantity": "1000"}


def test_an_order_is_paid_queued_and_due_at_once(
    audit: Callable[[], list[str]],
) -> None:
    customer = make_customer(credit="100")

    order = make_order(customer)

    assert (order.status, order.submission) == (Status.PENDING, Submission.QUEUED)
    assert (order.units, order.price, order.charge) == (1000, 2, 2)
    assert seconds_ahead(order) <= 0
    assert balance(customer=customer) == 98
    event = order.events.get()
    assert (event.reason, event.by) == ("ordered (web)", customer)
    assert audit() == []


def test_an_order_has_exactly_one_charge() -> None:
    order = make_order()

    charge = Transfer.objects.get(kind=TransferKind.ORDER_CHARGE)
    assert (charge.subject, charge.amount) == (order.pk, order.charge)
    assert charge.target.kind == AccountKind.SALES


def test_the_source_of_an_order_is_kept() -> None:
    assert make_order(source=Source.API).source == Source.API


def test_placing_rings_for_the_submitter_on_commit(
    rings: list[tuple[str, dict[str, object]]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        order = make_order()

    assert rings == [("orders.submit", {"order_id": order.pk})]


@pytest.mark.parametrize(
    "service",
    [
        {"active": False},
        {"off_reason": OffReason.PRICE_CHECK},
        {"off_reason": OffReason.WITHDRAWN},
    ],
    ids=str,
)
def test_a_service_that_is_off_sale_is_refused_and_nothing_happens(
    service: dict[str, Any],
) -> None:
    customer = make_customer(credit="100")
    off = make_service(**service)
    before = book(customer)

    with pytest.raises(NotOnSaleError):
        make_order(customer, off)

    assert book(customer) == before
    assert not Order.objects.exists()


def test_a_service_that_does_not_exist_is_refused() -> None:
    with pytest.raises(NotOnSaleError):
        actions.place_order(customer=make_customer(), service_id=999_999_999, raw=RAW)


def test_fields_that_do_not_fit_are_refused_and_nothing_happens() -> None:
    customer = make_customer(credit="100")
    before = book(customer)

    with pytest.raises(FieldErrors) as caught:
        make_order(customer, raw={"link": "no link", "quantity": "1"})

    assert set(caught.value.errors) == {"link", "quantity"}
    assert book(customer) == before
    assert not Order.objects.exists()


def test_a_balance_that_is_too_low_is_refused_and_nothing_happens() -> None:
    customer = make_customer(credit="1.5")
    before = book(customer)

    with pytest.raises(BalanceTooLowError) as caught:
        make_order(customer)

    assert caught.value.missing == Decimal("0.5")
    assert caught.value.message == "Your balance is too low: $0.50 is missing."
    assert book(customer) == before
    assert not Order.objects.exists()


def test_a_balance_that_is_just_enough_is_spent_to_zero() -> None:
    customer = make_customer(credit="2")

    make_order(customer)

    assert balance(customer=customer) == 0


def test_a_charge_beyond_all_money_is_refused_like_any_other() -> None:
    customer = make_customer(credit="100")
    most = 2_147_483_647
    service = make_service(price=Decimal(1_000_000), max=most)

    with pytest.raises(BalanceTooLowError):
        make_order(customer, service, {"link": LINK, "quantity": str(most)})

    assert not Order.objects.exists()
    assert balance(customer=customer) == 100


def test_a_price_that_changed_is_refused_with_the_new_charge() -> None:
    customer = make_customer(credit="100")
    before = book(customer)

    with pytest.raises(PriceChangedError) as caught:
        make_order(customer, expected_charge=Decimal("1.99"))

    assert caught.value.charge == 2
    assert "$2.00" in caught.value.message
    assert book(customer) == before


def test_the_price_that_was_shown_is_charged() -> None:
    assert make_order(expected_charge=Decimal("2.00")).charge == 2


def test_a_price_that_the_customer_sends_is_ignored() -> None:
    order = make_order(raw={**RAW, "price": "0.01", "charge": "0.01"})

    assert order.charge == 2


def test_a_charge_is_rounded_up_to_the_step() -> None:
    service = make_service(price=Decimal("0.001"))

    order = make_order(service=service, raw={"link": LINK, "quantity": "11"})

    assert order.charge == Decimal("0.00002")


def test_the_same_key_twice_is_the_same_order_and_one_charge() -> None:
    customer, service = make_customer(credit="100"), make_service()
    first = make_order(customer, service, idempotency_key="k")
    before = book(customer)

    second = make_order(customer, service, idempotency_key="k")

    assert second == first
    assert book(customer) == before


def test_a_key_is_looked_up_before_anything_is_checked() -> None:
    customer, service = make_customer(credit="2"), make_service()
    first = make_order(customer, service, idempotency_key="k")
    Service.objects.update(active=False)

    assert make_order(customer, service, idempotency_key="k") == first


@pytest.mark.parametrize(
    "raw", [{**RAW, "quantity": "999"}, {**RAW, "link": LINK + "/2"}]
)
def test_the_same_key_with_another_body_is_refused(raw: dict[str, str]) -> None:
    customer, service = make_customer(credit="100"), make_service()
    make_order(customer, service, idempotency_key="k")
    before = book(customer)

    with pytest.raises(KeyReusedError):
        make_order(customer, service, raw, idempotency_key="k")

    assert book(customer) == before


def test_a_key_belongs_to_its_customer() -> None:
    service = make_service()
    alice, bob = (make_customer(credit="100") for _ in range(2))

    orders = [make_order(who, service, idempotency_key="k") for who in (alice, bob)]

    assert orders[0] != orders[1]


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_every_order_is_a_new_one(key: str | None) -> None:
    customer, service = make_customer(credit="100"), make_service()

    orders = [make_order(customer, service, idempotency_key=key) for _ in range(2)]

    assert orders[0] != orders[1]
    assert balance(customer=customer) == 96


def test_a_refused_order_does_not_use_its_key_up() -> None:
    customer, service = make_customer(credit="100"), make_service(active=False)
    with pytest.raises(NotOnSaleError):
        make_order(customer, service, idempotency_key="k")
    Service.objects.update(active=True)

    assert make_order(customer, service, idempotency_key="k").charge == 2


def test_a_twin_that_won_meanwhile_is_the_answer_to_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer, service = make_customer(credit="2"), make_service()
    twin = make_order(customer, service, idempotency_key="k")
    looks = iter([None, twin])
    monkeypatch.setattr("orders.actions.placing._twin", lambda *given: next(looks))

    assert make_order(customer, service, idempotency_key="other") == twin


def test_a_breach_of_another_constraint_is_not_taken_for_a_twin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_something(**given: object) -> None:
        raise IntegrityError

    monkeypatch.setattr("ledger.actions.charge", break_something)
    customer = make_customer(credit="100")

    with pytest.raises(IntegrityError):
        make_order(customer, idempotency_key="k")

    assert not Order.objects.exists()
    assert balance(customer=customer) == 100


def test_text_that_no_database_takes_is_left_out() -> None:
    service = make_service(type="custom_comments", min=1)

    order = make_order(
        service=service, raw={"link": LINK, "comments": "Fine\x00\nGreat \ud800!"}
    )

    assert order.fields == {"comments": "Fine\nGreat !"}


def test_what_the_customer_calls_it_is_kept_on_one_line() -> None:
    order = make_order(reference="  Spring \n campaign ")
    assert order.reference == "Spring campaign"


def test_a_reference_that_is_too_long_orders_nothing() -> None:
    customer = make_customer(credit="100")

    with pytest.raises(FieldErrors) as refused:
        make_order(customer, reference="x" * 101)

    assert list(refused.value.errors) == ["reference"]
    assert balance(customer=customer) == 100
    assert Order.objects.count() == 0


def test_another_reference_makes_no_other_order_of_the_same_key() -> None:
    customer, service = make_customer(credit="100"), make_service()
    first, second = (
        make_order(customer, service, idempotency_key="k", reference=name)
        for name in ("one", "two")
    )
    assert (first.pk, second.reference) == (second.pk, "one")
