"""What the database itself refuses, whoever asks."""

import pytest
from django.db import DatabaseError, IntegrityError, connection

from ledger import actions
from ledger.enums import AccountKind, TransferKind
from ledger.models import Account, Transfer
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def make_transfer(source: Account, target: Account, **fields: object) -> Transfer:
    values: dict[str, object] = {
        "currency": "USD",
        "amount": 1,
        "kind": TransferKind.ORDER_COST,
        "subject": 1,
        **fields,
    }
    return Transfer.objects.create(source=source, target=target, **values)


@pytest.fixture
def sales() -> Account:
    return actions.system_account(kind=AccountKind.SALES)


@pytest.fixture
def cost() -> Account:
    return actions.system_account(kind=AccountKind.COST)


def test_a_customer_has_one_account_of_a_kind_and_currency() -> None:
    customer = make_customer(credit="10")

    with pytest.raises(IntegrityError, match="account_one_per_customer_and_kind"):
        Account.objects.create(
            customer=customer, kind=AccountKind.PAID, currency="USD", balance=0
        )


def test_the_shop_has_one_account_of_a_kind_and_currency(sales: Account) -> None:
    with pytest.raises(IntegrityError, match="account_one_per_system_kind"):
        Account.objects.create(kind=AccountKind.SALES, currency="USD")


def test_the_shops_own_accounts_keep_no_balance() -> None:
    with pytest.raises(IntegrityError, match="account_balance_is_kept_for_customers"):
        Account.objects.create(kind=AccountKind.SALES, currency="USD", balance=0)


def test_a_customers_account_has_a_customer() -> None:
    with pytest.raises(IntegrityError, match="account_customer_fits_kind"):
        Account.objects.create(kind=AccountKind.PAID, currency="USD", balance=0)


def test_a_balance_cannot_be_overdrawn_by_sql() -> None:
    make_customer(credit="10")

    with pytest.raises(IntegrityError, match="account_balance_not_overdrawn"):
        execute("UPDATE ledger_account SET balance = balance - 11 WHERE kind = 'paid'")


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(sales: Account, cost: Account, amount: int) -> None:
    with pytest.raises(IntegrityError, match="transfer_amount_above_zero"):
        make_transfer(sales, cost, amount=amount)


def test_a_transfer_is_between_two_accounts(sales: Account) -> None:
    with pytest.raises(IntegrityError, match="transfer_between_two_accounts"):
        make_transfer(sales, sales)


def test_one_cause_has_one_transfer(sales: Account, cost: Account) -> None:
    make_transfer(sales, cost)

    with pytest.raises(IntegrityError, match="transfer_one_per_cause"):
        make_transfer(cost, sales, amount=2)


@pytest.mark.parametrize(
    ("source", "target", "constraint"),
    [
        ("KRW", "USD", "transfer_source_currency"),
        ("USD", "KRW", "transfer_target_currency"),
    ],
)
def test_both_accounts_have_the_transfers_currency(
    source: str, target: str, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        make_transfer(
            actions.open_provider_account(currency=source),
            actions.open_provider_account(currency=target),
        )


def test_an_account_with_transfers_keeps_its_currency(
    sales: Account, cost: Account
) -> None:
    make_transfer(sales, cost)

    with pytest.raises(IntegrityError, match="transfer_source_currency"):
        execute(f"UPDATE ledger_account SET currency = 'EUR' WHERE id = {sales.pk}")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger_transfer SET note = 'a'", "DELETE FROM ledger_transfer"],
)
def test_transfers_are_append_only_for_sql_too(
    sales: Account, cost: Account, statement: str
) -> None:
    make_transfer(sales, cost)

    with pytest.raises(DatabaseError, match="Cannot update or delete"):
        execute(statement)
