"""Giving charged money back to the buckets that it came from."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from ledger.actions.accounts import assert_in_transaction
from ledger.enums import AccountKind, Bucket, TransferKind
from ledger.errors import LedgerError
from ledger.models import Account
from ledger.queries import Moved, moved
from shop.money import ZERO, plain

_GIVE = """
    WITH part AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%(parts)s::jsonb) AS part(
            target_id bigint, amount numeric, subject bigint, bucket text, no integer,
            after numeric, note text)
    ), given AS (
        UPDATE ledger_account SET balance = balance + total.amount
        FROM (SELECT target_id, sum(amount) AS amount FROM part GROUP BY target_id)
            AS total
        WHERE ledger_account.id = total.target_id
    )
    INSERT INTO ledger_transfer (source_id, target_id, currency, amount, kind, subject,
                                 bucket, no, target_balance_after, note)
    SELECT (SELECT id FROM ledger_account
            WHERE kind = %(sales)s AND currency = %(currency)s AND customer_id IS NULL),
           target_id, %(currency)s, amount, %(kind)s, subject, bucket, no, after, note
    FROM part
"""


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
    Inside the caller's transaction, in a constant number of statements.
    """
    assert_in_transaction()
    before = moved(kinds=(charged, kind), subjects=[item.subject for item in returns])
    accounts = _buckets({item.customer_id for item in returns})
    parts = []
    for item in returns:
        left = item.amount
        for bucket in (Bucket.BONUS, Bucket.PAID):
            spent = before.get((charged, item.subject, bucket), Moved())
            back = before.get((kind, item.subject, bucket), Moved())
            part = min(left, spent.amount - back.amount)
            if part > 0:
                left -= part
                account = accounts[(item.customer_id, bucket)]
                account.balance += part
                parts.append(_row(item, part, bucket, back, account))
        if left > 0:
            raise LedgerError(f"More would go back than {item.subject} was charged.")
    _write(parts, kind)


@dataclass
class _Account:
    """A customer's locked account, and its balance as this set of returns goes on."""

    pk: int
    balance: Decimal


def _buckets(customer_ids: Collection[int]) -> dict[tuple[int, str], _Account]:
    """Return the customers' locked accounts by customer and kind."""
    rows = Account.objects.filter(
        customer_id__in=customer_ids, currency=settings.SHOP_CURRENCY
    ).values_list("customer_id", "kind", "id", "balance")
    return {
        (customer_id, kind): _Account(pk, balance or ZERO)
        for customer_id, kind, pk, balance in rows
        if customer_id is not None
    }


def _row(
    item: Return, part: Decimal, bucket: Bucket, back: Moved, account: _Account
) -> dict[str, Any]:
    return {
        "target_id": account.pk,
        "amount": plain(part),
        "subject": item.subject,
        "bucket": bucket,
        "no": back.last_no + 1,
        "after": plain(account.balance),
        "note": item.note,
    }


def _write(parts: Sequence[Mapping[str, Any]], kind: TransferKind) -> None:
    """Book the transfers and add what each account gets to its balance, as one."""
    with connection.cursor() as cursor:
        cursor.execute(
            _GIVE,
            {
                "parts": json.dumps(parts),
                "kind": kind,
                "currency": settings.SHOP_CURRENCY,
                "sales": AccountKind.SALES,
            },
        )
