"""Credits by staff, and taking them back."""

from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ledger.actions.accounts import customer_account, system_account
from ledger.actions.booking import book_once
from ledger.actions.charging import take_from_paid
from ledger.enums import AccountKind, Bucket, TransferKind
from ledger.errors import InsufficientFundsError, LedgerError
from ledger.models import Transfer


@transaction.atomic(durable=True)
def credit(
    *, customer: User, amount: Decimal, subject: int, by: User | None, note: str = ""
) -> Decimal:
    """Credit a customer's balance by hand and return the balance after.

    `subject` is a number of the caller's choosing that names this one credit: the same
    number again raises AlreadyMovedError and credits nothing.
    """
    if amount <= 0:
        raise LedgerError(_("The amount must be above zero."))
    account = customer_account(customer_id=customer.pk)
    source = system_account(kind=AccountKind.CREDIT)
    _account_id, after = _add(customer.pk, AccountKind.PAID, amount)
    book_once(
        Transfer(
            source=source,
            target=account,
            currency=account.currency,
            amount=amount,
            kind=TransferKind.CREDIT,
            subject=subject,
            bucket=Bucket.PAID,
            target_balance_after=after,
            by=by,
            note=note,
        )
    )
    return after


@transaction.atomic(durable=True)
def reverse_credit(*, transfer: Transfer, by: User | None, note: str = "") -> Decimal:
    """Take a credit by hand back, once, and return the balance after.

    Raises InsufficientFundsError where it was spent meanwhile, with nothing changed.
    """
    if transfer.kind != TransferKind.CREDIT:
        raise LedgerError(_("Only credits by staff can be reversed."))
    customer_id = transfer.target.customer_id
    taken = customer_id and take_from_paid(customer_id, transfer.amount)
    if not taken:
        raise InsufficientFundsError(transfer.amount)
    book_once(
        Transfer(
            source_id=taken[0],
            target_id=transfer.source_id,
            currency=transfer.currency,
            amount=transfer.amount,
            kind=TransferKind.CREDIT_REVERSAL,
            subject=transfer.pk,
            bucket=Bucket.PAID,
            source_balance_after=taken[1],
            by=by,
            note=note,
        )
    )
    return taken[1]


def _add(customer_id: int, kind: AccountKind, amount: Decimal) -> tuple[int, Decimal]:
    """Add `amount` (below zero: take it) to a customer's account: (account, after)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ledger_account SET balance = balance + %s
            WHERE customer_id = %s AND kind = %s AND currency = %s
            RETURNING id, balance
            """,
            [amount, customer_id, kind, settings.SHOP_CURRENCY],
        )
        row: tuple[int, Decimal] = cursor.fetchone()
        return row
