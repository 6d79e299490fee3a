"""Payments of customers: credited once, taken back, owed, and repaid first."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from accounts.models import User
from ledger import actions
from ledger.audit import broken
from ledger.enums import AccountKind, TransferKind
from ledger.models import Transfer
from ledger.queries import balance, book
from tests.factories import make_customer
from tests.ledger.books import buckets, charge, moves
from tests.threads import together

pytestmark = pytest.mark.django_db


def pay(customer: User, amount: str, bonus: str = "0", subject: int = 1) -> Decimal:
    with transaction.atomic():
        return actions.top_up(
            customer_id=customer.pk,
            amount=Decimal(amount),
            bonus=Decimal(bonus),
            subject=subject,
        )


def take(customer: User, amount: str, bonus: str = "0", no: int = 1) -> Decimal:
    with transaction.atomic():
        return actions.take_back(
            customer_id=customer.pk,
            amount=Decimal(amount),
            bonus=Decimal(bonus),
            subject=1,
            kind=TransferKind.TOPUP_DISPUTE,
            no=no,
        )


def bring(customer: User, amount: str, bonus: str = "0", no: int = 2) -> Decimal:
    with transaction.atomic():
        return actions.bring_back(
            customer_id=customer.pk,
            amount=Decimal(amount),
            bonus=Decimal(bonus),
            subject=1,
            no=no,
        )


def test_a_payment_and_its_bonus_fill_a_bucket_each() -> None:
    customer = make_customer()

    assert pay(customer, "10", bonus="1") == 0

    assert buckets(customer) == {"paid": 10, "bonus": 1, "debt": 0}
    assert moves(Transfer.objects.order_by("id")) == [
        ("topup:credit", "paid", 10),
        ("topup:bonus", "bonus", 1),
    ]
    assert book(account=actions.system_account(kind=AccountKind.GATEWAY)) == -10
    assert list(broken()) == []


def test_a_payment_is_credited_once() -> None:
    customer = make_customer()
    pay(customer, "10")

    with pytest.raises(actions.AlreadyMovedError):
        pay(customer, "10")

    assert balance(customer=customer) == 10


def test_what_was_spent_is_owed_and_repaid_by_the_next_payment() -> None:
    customer = make_customer()
    pay(customer, "10", bonus="1")
    charge(customer, "7")

    assert take(customer, "10", bonus="1") == 7
    assert buckets(customer) == {"paid": 0, "bonus": 0, "debt": -7}

    assert pay(customer, "5", subject=2) == 5
    assert buckets(customer) == {"paid": 0, "bonus": 0, "debt": -2}
    assert pay(customer, "5", bonus="1", subject=3) == 2
    assert buckets(customer) == {"paid": 3, "bonus": 1, "debt": 0}
    assert list(broken()) == []


def test_a_bonus_that_was_spent_is_owed_too() -> None:
    customer = make_customer()
    pay(customer, "10", bonus="2")
    charge(customer, "11")

    assert take(customer, "5", bonus="1") == 5

    assert buckets(customer) == {"paid": 0, "bonus": 0, "debt": -5}


def test_what_a_won_dispute_brings_back_repays_what_it_made_owed() -> None:
    customer = make_customer()
    pay(customer, "10", bonus="1")
    charge(customer, "4")
    take(customer, "10", bonus="1")

    assert bring(customer, "10", bonus="1") == 4

    assert buckets(customer) == {"paid": 6, "bonus": 1, "debt": 0}
    assert list(broken()) == []


@pytest.mark.django_db(transaction=True)
def test_payments_and_charges_at_once_leave_an_unbroken_chain() -> None:
    customer = make_customer(credit="100")

    def spend(thread: int) -> None:
        for number in range(10):
            charge(customer, "1", subject=1000 * thread + number)

    def bring_in(thread: int) -> None:
        for number in range(10):
            pay(customer, "2", bonus="1", subject=1000 * thread + number)

    together(*[partial(work, n) for n, work in enumerate([spend, bring_in] * 4)])

    assert balance(customer=customer) == 100 + 40 * 3 - 40
    assert list(broken()) == []
