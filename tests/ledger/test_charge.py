"""Taking money from a customer: every exit, and storms of threads."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from ledger import actions
from ledger.enums import AccountKind, TransferKind
from ledger.models import Account, Transfer
from ledger.queries import balance, book
from tests.factories import make_customer
from tests.ledger.books import buckets, charge, charged, give_bonus, moves
from tests.threads import together

Audit = Callable[[], list[str]]


@pytest.mark.django_db
def test_a_customer_without_an_account_cannot_be_charged() -> None:
    customer = make_customer()

    assert not charged(customer, "1", subject=1)

    assert buckets(customer) == {}
    assert not Transfer.objects.exists()


@pytest.mark.django_db
def test_the_bonus_alone_can_pay() -> None:
    customer = make_customer()
    give_bonus(customer, "5")

    charge(customer, "5", subject=81)

    assert buckets(customer) == {"bonus": 0}
    assert moves(Transfer.objects.filter(subject=81)) == [
        ("order:charge", "bonus", Decimal(5))
    ]


@pytest.mark.django_db
def test_a_charge_above_both_buckets_moves_nothing() -> None:
    customer = make_customer(credit="10")
    give_bonus(customer, "5")

    with pytest.raises(actions.InsufficientFundsError) as error:
        charge(customer, "16")

    assert error.value.missing == 1
    assert buckets(customer) == {"paid": 10, "bonus": 5}


@pytest.mark.django_db
def test_a_charge_of_nothing_books_nothing() -> None:
    customer = make_customer(credit="10")
    before = Transfer.objects.count()

    charge(customer, "0")

    assert Transfer.objects.count() == before


@pytest.mark.django_db
def test_a_charge_below_zero_is_no_way_to_get_money() -> None:
    customer = make_customer(credit="10")

    with pytest.raises(IntegrityError, match="transfer_amount_above_zero"):
        charge(customer, "-5")

    assert balance(customer=customer) == 10


@pytest.mark.django_db(transaction=True)
def test_money_moves_only_inside_the_transaction_of_its_cause() -> None:
    customer = make_customer(credit="10")
    sales = actions.system_account(kind=AccountKind.SALES)
    cost = actions.system_account(kind=AccountKind.COST)
    order = TransferKind.ORDER_CHARGE
    moving = [
        partial(
            actions.charge,
            customer_id=customer.pk,
            amount=Decimal(1),
            kind=order,
            subject=1,
        ),
        partial(actions.lock_customers, customer_ids=[customer.pk]),
        partial(actions.give_back, returns=[], charged=order, kind=order),
        partial(
            actions.move,
            source=sales,
            target=cost,
            amount=Decimal(1),
            kind=order,
            subject=1,
        ),
    ]

    for move in moving:
        with pytest.raises(RuntimeError, match="transaction of its cause"):
            move()

    assert balance(customer=customer) == 10


@pytest.mark.django_db(transaction=True)
def test_funds_for_ten_buy_ten_from_eight_threads_with_forty_attempts_each(
    audit: Audit,
) -> None:
    customer = make_customer(credit="10")

    def spend(thread: int) -> int:
        first = thread * 1000
        return sum(charged(customer, "1", first + attempt) for attempt in range(40))

    bought = together(*[partial(spend, thread) for thread in range(8)])

    assert sum(bought) == 10
    assert balance(customer=customer) == 0
    assert book(account=actions.system_account(kind=AccountKind.SALES)) == 10
    assert not [line for line in audit() if not line.startswith("order")]


@pytest.mark.django_db(transaction=True)
def test_two_buckets_are_never_overdrawn_by_eight_threads(audit: Audit) -> None:
    customer = make_customer(credit="5")
    give_bonus(customer, "5")

    def spend(thread: int) -> int:
        first = thread * 1000
        return sum(charged(customer, "0.7", first + attempt) for attempt in range(10))

    bought = together(*[partial(spend, thread) for thread in range(8)])

    assert sum(bought) == 14
    assert balance(customer=customer) == Decimal("0.2")
    assert not [line for line in audit() if not line.startswith("order")]


@pytest.mark.django_db(transaction=True)
def test_a_charge_that_fails_later_in_its_transaction_never_happened() -> None:
    customer = make_customer(credit="10")

    def crash() -> None:
        with transaction.atomic():
            charge(customer, "4")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    assert balance(customer=customer) == 10
    assert not Transfer.objects.filter(kind=TransferKind.ORDER_CHARGE).exists()


@pytest.mark.django_db(transaction=True)
def test_the_first_two_charges_ever_open_one_sales_account() -> None:
    customers = [make_customer(credit="1") for _number in range(4)]

    together(
        *[
            partial(charge, customer, "1", subject)
            for subject, customer in enumerate(customers)
        ]
    )

    assert Account.objects.filter(kind=AccountKind.SALES).count() == 1
