"""Giving charged money back to the buckets that it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import connection

from ledger.actions.accounts import (
    assert_in_transaction,
    system_account,
)
from ledger.enums import AccountKind, Bucket, TransferKind
from ledger.errors import LedgerError
from ledger.models import Account, Transfer
from ledger.queries import Moved, moved
from shop.money import ZERO


@dataclass(frozen=True)
class Return:
    """`amount` of the money that `subject` was charged, to be given back."""

    subject: int
    customer_id: int
    amount: Decimal
    note: str = ""


def give_back(
    *,
    returns: Sequence[Return],
    charged: TransferKind,
    kind: TransferKind,
) -> None:
    """Give each return's amount back to the buckets it was charged from, last spent first.

    `charged` is the kind of the charges, `kind` that of the refunds. The accounts must
    be locked (lock_customers). LedgerError where more would go back than was charged.
    Inside the caller's transaction.
    """
    assert_in_transaction()
    subjects = [item.subject for item in returns]
    spent = moved(kind=charged, subjects=subjects)
    back = moved(kind=kind, subjects=subjects)
    sales = system_account(kind=AccountKind.SALES)
    accounts = _buckets(item.customer_id for item in returns)
    transfers = []
    for item in returns:
        left = item.amount
        for bucket in (Bucket.BONUS, Bucket.PAID):
            key = (item.subject, bucket.value)
            before = back.get(key, Moved())
            part = min(left, spent.get(key, Moved()).amount - before.amount)
            if part > 0:
                left -= part
                account = accounts[(item.customer_id, bucket.value)]
                account.balance = (account.balance or ZERO) + part
                transfers.append(
                    _returned(item, part, kind, bucket, before, sales, account)
                )
        if left > 0:
            raise LedgerError(f"More would go back than {item.subject} was charged.")
    _add_all(transfers)
    Transfer.objects.bulk_create(transfers)


def _buckets(customer_ids: Iterable[int]) -> dict[tuple[int, str], Account]:
    """Return the customers' locked accounts by customer and kind."""
    accounts = Account.objects.filter(
        customer_id__in=set(customer_ids), currency=settings.SHOP_CURRENCY
    )
    return {
        (account.customer_id, account.kind): account
        for account in accounts
        if account.customer_id is not None
    }


def _returned(
    item: Return,
    part: Decimal,
    kind: TransferKind,
    bucket: Bucket,
    before: Moved,
    sales: Account,
    account: Account,
) -> Transfer:
    return Transfer(
        source=sales,
        target=account,
        currency=sales.currency,
        amount=part,
        kind=kind,
        subject=item.subject,
        bucket=bucket,
        no=before.last_no + 1,
        target_balance_after=account.balance,
        note=item.note,
    )


def _add_all(transfers: Sequence[Transfer]) -> None:
    """Add what each account gets to its balance, in one statement; they are locked."""
    sums: dict[int, Decimal] = {}
    for transfer in transfers:
        sums[transfer.target_id] = sums.get(transfer.target_id, ZERO) + transfer.amount
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ledger_account SET balance = balance + given.amount
            FROM unnest(%s::bigint[], %s::numeric[]) AS given(id, amount)
            WHERE ledger_account.id = given.id
            """,
            [list(sums), list(sums.values())],
        )
