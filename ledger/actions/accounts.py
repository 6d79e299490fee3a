"""The accounts that money moves between: found, opened, locked."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from ledger.enums import AccountKind
from ledger.models import Account
from shop.money import ZERO


def assert_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("Money moves in the transaction of its cause.")


def customer_account(
    *, customer_id: int, kind: AccountKind = AccountKind.PAID
) -> Account:
    """Return the customer's account of `kind` in the shop's currency, made on demand."""
    account, _created = Account.objects.get_or_create(
        customer_id=customer_id,
        kind=kind,
        currency=settings.SHOP_CURRENCY,
        defaults={"balance": ZERO},
    )
    return account


def system_account(*, kind: AccountKind, currency: str | None = None) -> Account:
    """Return the shop's one account of `kind` in `currency`, made on demand."""
    account, _created = Account.objects.get_or_create(
        kind=kind, customer=None, currency=currency or settings.SHOP_CURRENCY
    )
    return account


def open_provider_account(*, currency: str) -> Account:
    """Make and return an account for a provider's money, in its currency."""
    return Account.objects.create(kind=AccountKind.PROVIDER, currency=currency)


def lock_customers(*, customer_ids: Iterable[int]) -> None:
    """Lock the customers' accounts by id: the first half of the order of locks.

    Everything that locks orders as well locks accounts first; bulk refunds without
    this deadlock each other.
    """
    assert_in_transaction()
    list(
        Account.objects.filter(
            customer_id__in=set(customer_ids), currency=settings.SHOP_CURRENCY
        )
        .select_for_update(no_key=True)
        .order_by("id")
        .values_list("id", flat=True)
    )
