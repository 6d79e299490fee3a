"""Booking between the shop's own accounts and its providers'."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ledger.actions.accounts import assert_in_transaction, system_account
from ledger.actions.booking import book_once
from ledger.enums import AccountKind, TransferKind
from ledger.errors import LedgerError
from ledger.models import Account, Transfer
from shop.money import plain
from shop.statements import prepared_cursor


@dataclass(frozen=True)
class Move:
    """`amount` to be booked for `subject`, the `no`-th of its kind; below zero: back."""

    subject: int
    amount: Decimal
    no: int = 1


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
    assert_in_transaction()
    Transfer.objects.create(
        source=source,
        target=target,
        currency=source.currency,
        amount=amount,
        kind=kind,
        subject=subject,
        no=no,
    )


def move_all(
    *, moves: Sequence[Move], source: Account, target: Account, kind: TransferKind
) -> None:
    """Book many amounts between two of the shop's own accounts, in one statement.

    What is below zero goes the other way, what is zero nowhere. Inside the caller's
    step.
    """
    assert_in_transaction()
    here, there = source.pk, target.pk
    rows = [
        {
            "source_id": here if item.amount > 0 else there,
            "target_id": there if item.amount > 0 else here,
            "amount": plain(abs(item.amount)),
            "subject": item.subject,
            "no": item.no,
        }
        for item in moves
        if item.amount
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_transfer (source_id, target_id, currency, amount, kind,
                                         subject, bucket, no, note)
            SELECT source_id, target_id, %s, amount, %s, subject, '', no, ''
            FROM jsonb_to_recordset(%s::jsonb) AS new(
                source_id bigint, target_id bigint, amount numeric, subject bigint,
                no integer)
            """,
            [source.currency, kind, json.dumps(rows)],
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
    assert_in_transaction()
    with prepared_cursor() as cursor:
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
    book_once(
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
