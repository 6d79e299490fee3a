"""Taking money from a customer: paid first, then bonus, or nothing at all."""

from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import F

from accounts.models import User
from ledger.actions.accounts import assert_in_transaction, system_account
from ledger.enums import AccountKind, Bucket, TransferKind
from ledger.errors import InsufficientFundsError
from ledger.models import Account, Transfer
from shop.money import ZERO


def charge(
    *,
    customer_id: int,
    amount: Decimal,
    kind: TransferKind,
    subject: int,
    by: User | None = None,
) -> None:
    """Take `amount` from the customer's buckets for `subject`; nothing for nothing.

    1. One conditional UPDATE takes all of it from the paid bucket.
    2. Where that does not cover it, both buckets are locked and it is split, paid first.
    3. One transfer per bucket used, to the sales account.

    Raises InsufficientFundsError, with nothing changed. Inside the caller's transaction.
    """
    assert_in_transaction()
    if amount == 0:
        return
    sales = system_account(kind=AccountKind.SALES)
    taken = take_from_paid(customer_id, amount)
    if taken is None:
        parts = _split(customer_id, amount)
    else:
        parts = [(Bucket.PAID, amount, *taken)]
    Transfer.objects.bulk_create(
        Transfer(
            source_id=account_id,
            target=sales,
            currency=sales.currency,
            amount=part,
            kind=kind,
            subject=subject,
            bucket=bucket,
            source_balance_after=after,
            by=by,
        )
        for bucket, part, account_id, after in parts
    )


def take_from_paid(customer_id: int, amount: Decimal) -> tuple[int, Decimal] | None:
    """Return (account, balance after), or None where the paid bucket is too small."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ledger_account SET balance = balance - %s
            WHERE customer_id = %s AND kind = %s AND currency = %s AND balance >= %s
            RETURNING id, balance
            """,
            [amount, customer_id, AccountKind.PAID, settings.SHOP_CURRENCY, amount],
        )
        row: tuple[int, Decimal] | None = cursor.fetchone()
        return row


def _split(
    customer_id: int, amount: Decimal
) -> list[tuple[Bucket, Decimal, int, Decimal]]:
    """Take `amount` from both buckets, paid first: (bucket, part, account, after)."""
    accounts = {
        account.kind: account
        for account in Account.objects.filter(
            customer_id=customer_id,
            currency=settings.SHOP_CURRENCY,
            kind__in=(AccountKind.PAID, AccountKind.BONUS),
        )
        .select_for_update(no_key=True)
        .order_by("id")
    }
    left = amount
    parts: list[tuple[Bucket, Decimal, int, Decimal]] = []
    for bucket in (Bucket.PAID, Bucket.BONUS):
        account = accounts.get(bucket)
        part = min(left, (account and account.balance) or ZERO)
        if account is not None and part > 0:
            left -= part
            after = (account.balance or ZERO) - part
            parts.append((bucket, part, account.pk, after))
    if left > 0:
        raise InsufficientFundsError(left)
    for _bucket, part, account_id, _after in parts:
        Account.objects.filter(pk=account_id).update(balance=F("balance") - part)
    return parts
