"""Moving money. Every movement is a transfer with a unique key.

The functions that other rooms call inside their own step say so: they refuse to run
outside a transaction, as the money belongs to the same commit as its cause.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ledger.enums import AccountKind, Bucket, TransferKind
from ledger.models import Account, Transfer
from ledger.queries import Moved, moved
from shop.money import ZERO


class LedgerError(Exception):
    """Money that was not moved; `message` is fit for the person who asked."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


class InsufficientFundsError(LedgerError):
    """The customer's balance does not cover the amount; `missing` says by how much."""

    def __init__(self, missing: Decimal) -> None:
        super().__init__(_("Your balance is too low."))
        self.missing = missing


class AlreadyMovedError(LedgerError):
    """This cause has moved its money before."""

    def __init__(self) -> None:
        super().__init__(_("This has been booked already."))


@dataclass(frozen=True)
class Return:
    """`amount` of the money that `subject` was charged, to be given back."""

    subject: int
    customer_id: int
    amount: Decimal
    note: str = ""


def _assert_in_transaction() -> None:
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
    _assert_in_transaction()
    if amount == 0:
        return
    sales = system_account(kind=AccountKind.SALES)
    taken = _take_from_paid(customer_id, amount)
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


def _take_from_paid(customer_id: int, amount: Decimal) -> tuple[int, Decimal] | None:
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


def lock_customers(*, customer_ids: Iterable[int]) -> None:
    """Lock the customers' accounts by id: the first half of the order of locks.

    Everything that locks orders as well locks accounts first; bulk refunds without
    this deadlock each other.
    """
    _assert_in_transaction()
    list(
        Account.objects.filter(
            customer_id__in=set(customer_ids), currency=settings.SHOP_CURRENCY
        )
        .select_for_update(no_key=True)
        .order_by("id")
        .values_list("id", flat=True)
    )


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
    _assert_in_transaction()
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


def move(
    *,
    source: Account,
    target: Account,
    amount: Decimal,
    kind: TransferKind,
    subject: int,
    no: int = 1,
) -> None:
    """Book `amount` between two of the shop's own accounts, inside the caller's step.

    `no` counts the transfers of this kind for this subject.
    """
    _assert_in_transaction()
    Transfer.objects.create(
        source=source,
        target=target,
        currency=source.currency,
        amount=amount,
        kind=kind,
        subject=subject,
        no=no,
    )


@dataclass(frozen=True)
class Move:
    """`amount` to be booked for `subject`, the `no`-th of its kind; below zero: back."""

    subject: int
    amount: Decimal
    no: int = 1


def move_all(
    *, moves: Sequence[Move], source: Account, target: Account, kind: TransferKind
) -> None:
    """Book many amounts between two of the shop's own accounts, in one statement.

    What is below zero goes the other way, what is zero nowhere. Inside the caller's
    step.
    """
    _assert_in_transaction()
    Transfer.objects.bulk_create(
        Transfer(
            source=source if item.amount > 0 else target,
            target=target if item.amount > 0 else source,
            currency=source.currency,
            amount=abs(item.amount),
            kind=kind,
            subject=item.subject,
            no=item.no,
        )
        for item in moves
        if item.amount
    )


def move_to_system(
    *,
    source_id: int,
    kind_of_target: AccountKind,
    currency: str,
    amount: Decimal,
    kind: TransferKind,
    subject: int,
) -> None:
    """Book `amount` to the shop's account of a kind, in one statement if there is one.

    What `move` does, for what every order does: neither account is read first. Inside
    the caller's step.
    """
    _assert_in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_transfer (source_id, target_id, currency, amount, kind,
                                         subject, bucket, no, note)
            SELECT %s, id, currency, %s, %s, %s, '', 1, '' FROM ledger_account
            WHERE kind = %s AND currency = %s AND customer_id IS NULL
            """,
            [source_id, amount, kind, subject, kind_of_target, currency],
        )
        if cursor.rowcount:
            return
    move(
        source=Account.objects.get(pk=source_id),
        target=system_account(kind=kind_of_target, currency=currency),
        amount=amount,
        kind=kind,
        subject=subject,
    )


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
    _book_once(
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
    taken = customer_id and _take_from_paid(customer_id, transfer.amount)
    if not taken:
        raise InsufficientFundsError(transfer.amount)
    _book_once(
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


@transaction.atomic(durable=True)
def send_funds(
    *, account: Account, amount: Decimal, subject: int, by: User | None, note: str = ""
) -> None:
    """Book what the shop has sent to the provider whose account this is.

    Below zero it has come back, or was booked by mistake. `subject` is a number of the
    caller's choosing that names this one movement: the same number again raises
    AlreadyMovedError and books nothing.
    """
    if amount == 0:
        raise LedgerError(_("The amount must not be zero."))
    own = system_account(kind=AccountKind.OWN, currency=account.currency)
    source, target = (own, account) if amount > 0 else (account, own)
    _book_once(
        Transfer(
            source=source,
            target=target,
            currency=account.currency,
            amount=abs(amount),
            kind=TransferKind.PROVIDER_FUNDS,
            subject=subject,
            by=by,
            note=note,
        )
    )


def _book_once(transfer: Transfer) -> None:
    try:
        transfer.save()
    except IntegrityError as error:
        if "transfer_one_per_cause" not in str(error):
            raise
        raise AlreadyMovedError from error
