"""Money moves once, in one direction, and adds up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.utils import DatabaseError

from accounts.models import User
from ledger import actions
from ledger.actions import AlreadyMovedError, InsufficientFundsError, Return
from ledger.audit import broken
from ledger.enums import AccountKind, TransferKind
from ledger.models import Account, Transfer
from ledger.queries import balance, book, statement
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def charge(customer: User, amount: str, subject: int = 1) -> None:
    with transaction.atomic():
        actions.charge(
            customer_id=customer.pk,
            amount=Decimal(amount),
            kind=TransferKind.ORDER_CHARGE,
            subject=subject,
        )


def give_back(customer: User, amount: str, subject: int = 1) -> None:
    with transaction.atomic():
        actions.lock_customers(customer_ids=[customer.pk])
        actions.give_back(
            returns=[Return(subject, customer.pk, Decimal(amount))],
            charged=TransferKind.ORDER_CHARGE,
            kind=TransferKind.ORDER_REFUND,
        )


def give_bonus(customer: User, amount: str) -> Account:
    """Put money into the bonus bucket, as a top-up's bonus will."""
    account = actions.customer_account(customer_id=customer.pk, kind=AccountKind.BONUS)
    source = actions.system_account(kind=AccountKind.CREDIT)
    Account.objects.filter(pk=account.pk).update(balance=Decimal(amount))
    Transfer.objects.create(
        source=source,
        target=account,
        currency="USD",
        amount=Decimal(amount),
        kind=TransferKind.CREDIT,
        subject=999_000 + customer.pk,
        bucket="bonus",
        target_balance_after=Decimal(amount),
    )
    return account


def at_once(work: Callable[[int], bool], times: int) -> int:
    """Run `work` in 8 threads, and return how often it was True."""

    def one(number: int) -> bool:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(times)))


def test_a_charge_takes_the_amount_and_leaves_one_transfer() -> None:
    customer = make_customer(credit="10")

    charge(customer, "4")

    assert balance(customer=customer) == 6
    charged = Transfer.objects.get(kind=TransferKind.ORDER_CHARGE)
    assert (charged.amount, charged.source_balance_after) == (4, 6)
    assert book(account=charged.target) == 4
    assert list(broken()) == []


def test_a_charge_beyond_the_balance_changes_nothing() -> None:
    customer = make_customer(credit="10")

    with pytest.raises(InsufficientFundsError) as refused:
        charge(customer, "10.5")

    assert refused.value.missing == Decimal("0.5")
    assert balance(customer=customer) == 10
    assert not Transfer.objects.filter(kind=TransferKind.ORDER_CHARGE).exists()


def test_of_many_charges_at_once_just_those_that_are_covered_go_through() -> None:
    customer = make_customer(credit="10")

    def work(number: int) -> bool:
        try:
            charge(customer, "1", subject=number)
        except InsufficientFundsError:
            return False
        return True

    assert at_once(work, 40) == 10
    assert balance(customer=customer) == 0
    assert list(broken()) == []


def test_a_cause_is_charged_once() -> None:
    customer = make_customer(credit="10")
    charge(customer, "4")

    with pytest.raises(IntegrityError):
        charge(customer, "4")

    assert balance(customer=customer) == 6


def test_paid_money_is_spent_first_and_comes_back_last() -> None:
    customer = make_customer(credit="10")
    bonus = give_bonus(customer, "5")

    charge(customer, "12")
    assert balance(customer=customer) == 3
    give_back(customer, "3")

    bonus.refresh_from_db()
    assert bonus.balance == 5
    assert balance(customer=customer) == 6
    give_back(customer, "9")
    assert balance(customer=customer) == 15
    assert list(broken()) == []


def test_no_more_goes_back_than_was_charged() -> None:
    customer = make_customer(credit="10")
    charge(customer, "4")
    give_back(customer, "3")

    with pytest.raises(actions.LedgerError):
        give_back(customer, "1.5")

    assert balance(customer=customer) == 9


def test_a_credit_with_the_same_number_is_booked_once() -> None:
    customer = make_customer()

    def work(number: int) -> bool:
        try:
            actions.credit(customer=customer, amount=Decimal(5), subject=10**9, by=None)
        except AlreadyMovedError:
            return False
        return True

    assert at_once(work, 8) == 1
    assert balance(customer=customer) == 5


def test_a_credit_is_reversed_once_and_only_while_it_is_there() -> None:
    customer = make_customer(credit="10")
    credited = Transfer.objects.get(kind=TransferKind.CREDIT)
    charge(customer, "4")

    with pytest.raises(InsufficientFundsError):
        actions.reverse_credit(transfer=credited, by=None)
    give_back(customer, "4")
    assert actions.reverse_credit(transfer=credited, by=None) == 0
    actions.credit(customer=customer, amount=Decimal(20), subject=10**9, by=None)
    with pytest.raises(AlreadyMovedError):
        actions.reverse_credit(transfer=credited, by=None)

    assert balance(customer=customer) == 20
    assert list(broken()) == []


def test_transfers_cannot_be_changed_or_deleted() -> None:
    make_customer(credit="10")
    transfer = Transfer.objects.get()

    with pytest.raises(TypeError):
        transfer.save()
    with pytest.raises(TypeError):
        transfer.delete()
    with pytest.raises((InternalError, DatabaseError)):
        Transfer.objects.update(amount=1)
    with pytest.raises((InternalError, DatabaseError)):
        Transfer.objects.all().delete()

    assert Transfer.objects.get().amount == 10


def test_a_transfer_between_currencies_is_refused_by_the_database() -> None:
    dollars = actions.system_account(kind=AccountKind.SALES)
    won = actions.system_account(kind=AccountKind.COST, currency="KRW")

    for currency in ("USD", "KRW"):
        with pytest.raises(IntegrityError):
            Transfer.objects.create(
                source=dollars, target=won, currency=currency, amount=1,
                kind=TransferKind.CREDIT, subject=1,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "paid", "balance": -1}, "account_balance_not_overdrawn"),
        ({"kind": "debt", "balance": 1}, "account_balance_not_overdrawn"),
        ({"kind": "sales", "balance": None}, "account_customer_fits_kind"),
        ({"kind": "paid", "balance": None}, "account_balance_is_kept_for_customers"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_by_the_database(
    fields: dict[str, object], constraint: str
) -> None:
    customer = make_customer()

    with pytest.raises(IntegrityError, match=constraint):
        Account.objects.create(customer=customer, currency="EUR", **fields)


def test_a_balance_that_was_edited_is_found() -> None:
    customer = make_customer(credit="10")

    Account.objects.filter(customer=customer).update(balance=11)

    assert [line.partition(":")[2] for line in broken()] == [
        " balance 11.00000000, but its transfers sum to 10.00000000"
    ]


def test_a_transfer_that_does_not_continue_the_balance_is_found() -> None:
    account = actions.customer_account(customer_id=make_customer().pk)
    Transfer.objects.create(
        source=actions.system_account(kind=AccountKind.CREDIT),
        target=account,
        currency="USD",
        amount=5,
        kind=TransferKind.CREDIT,
        subject=1,
        bucket="paid",
        target_balance_after=6,
    )
    Account.objects.filter(pk=account.pk).update(balance=5)

    assert len(list(broken())) == 1
    assert "does not continue" in next(broken())


def test_money_only_moves_inside_the_transaction_of_its_cause() -> None:
    customer = make_customer(credit="10")

    with pytest.raises(RuntimeError):
        actions.charge(
            customer_id=customer.pk,
            amount=Decimal(1),
            kind=TransferKind.ORDER_CHARGE,
            subject=1,
        )

    assert balance(customer=customer) == 10


def test_a_statement_is_the_customers_own_newest_first() -> None:
    customer, other = make_customer(credit="10"), make_customer(credit="20")
    charge(customer, "4")

    kinds = [transfer.kind for transfer in statement(customer=customer)]

    assert kinds == [TransferKind.ORDER_CHARGE, TransferKind.CREDIT]
    assert len(statement(customer=other)) == 1
