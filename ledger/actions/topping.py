"""Money that customers bring: credited, taken back by its payer, and what is then owed.

Everything here runs inside the caller's step. A balance is never below zero: what is to
be taken and not there any more becomes debt, the one account below zero, and the next
payment repays it first.
"""

from decimal import Decimal

from django.conf import settings
from django.db.models import F

from ledger.actions.accounts import (
    assert_in_transaction,
    customer_account,
    system_account,
)
from ledger.actions.booking import book_once
from ledger.enums import CUSTOMER_KINDS, AccountKind, Bucket, TransferKind
from ledger.models import Account, Transfer
from shop.money import ZERO


def top_up(
    *, customer_id: int, amount: Decimal, bonus: Decimal, subject: int
) -> Decimal:
    """Credit a payment and its bonus, repay debt from it; return what was repaid.

    Once for each `subject`: a second time raises AlreadyMovedError. The bonus is not
    touched by debt, as it was never the customer's money.
    """
    purse = _Purse(customer_id, subject)
    gateway = system_account(kind=AccountKind.GATEWAY)
    purse.move(gateway, purse.paid, amount, TransferKind.TOPUP_CREDIT, Bucket.PAID)
    gifts = system_account(kind=AccountKind.GIFTS)
    purse.move(gifts, purse.bonus, bonus, TransferKind.TOPUP_BONUS, Bucket.BONUS)
    return purse.repay(amount, no=1)


def take_back(
    *,
    customer_id: int,
    amount: Decimal,
    bonus: Decimal,
    subject: int,
    kind: TransferKind,
    no: int,
) -> Decimal:
    """Take a payment and its bonus back; return what is owed of it.

    `kind` says why, `no` counts what is taken for this subject. Each comes from its own
    bucket as far as that reaches; the rest is debt.
    """
    purse = _Purse(customer_id, subject)
    owed = ZERO
    for account, bucket, part, system, cause in (
        (purse.paid, Bucket.PAID, amount, AccountKind.GATEWAY, kind),
        (
            purse.bonus,
            Bucket.BONUS,
            bonus,
            AccountKind.GIFTS,
            TransferKind.TOPUP_BONUS_BACK,
        ),
    ):
        target = system_account(kind=system)
        there = min(part, account.balance or ZERO)
        purse.move(account, target, there, cause, bucket, no)
        purse.move(purse.debt, target, part - there, cause, Bucket.DEBT, no)
        owed += part - there
    return owed


def bring_back(
    *, customer_id: int, amount: Decimal, bonus: Decimal, subject: int, no: int
) -> Decimal:
    """Give back what was taken for a dispute that was won; return what debt it repaid."""
    purse = _Purse(customer_id, subject)
    for account, bucket, part, system, kind in (
        (
            purse.paid,
            Bucket.PAID,
            amount,
            AccountKind.GATEWAY,
            TransferKind.TOPUP_RETURNED,
        ),
        (
            purse.bonus,
            Bucket.BONUS,
            bonus,
            AccountKind.GIFTS,
            TransferKind.TOPUP_BONUS_AGAIN,
        ),
    ):
        purse.move(system_account(kind=system), account, part, kind, bucket, no)
    # The credit itself may have repaid debt as the first.
    return purse.repay(amount, no=no + 1)


class _Purse:
    """A customer's three accounts, locked, and their balances as it goes on."""

    def __init__(self, customer_id: int, subject: int) -> None:
        assert_in_transaction()
        for kind in CUSTOMER_KINDS:
            customer_account(customer_id=customer_id, kind=kind)
        accounts = {
            account.kind: account
            for account in Account.objects.filter(
                customer_id=customer_id, currency=settings.SHOP_CURRENCY
            )
            .select_for_update(no_key=True)
            .order_by("id")
        }
        self.subject = subject
        self.paid = accounts[AccountKind.PAID]
        self.bonus = accounts[AccountKind.BONUS]
        self.debt = accounts[AccountKind.DEBT]

    def repay(self, amount: Decimal, *, no: int) -> Decimal:
        """Repay debt from `amount` of what is paid; return how much."""
        owed = -(self.debt.balance or ZERO)
        part = min(owed, amount)
        kind = TransferKind.DEBT_REPAID
        self.move(self.paid, self.debt, part, kind, Bucket.DEBT, no)
        return part

    def move(
        self,
        source: Account,
        target: Account,
        amount: Decimal,
        kind: TransferKind,
        bucket: Bucket,
        no: int = 1,
    ) -> None:
        """Book `amount`; nothing for nothing."""
        if amount == 0:
            return
        book_once(
            Transfer(
                source=source,
                target=target,
                currency=source.currency,
                amount=amount,
                kind=kind,
                subject=self.subject,
                bucket=bucket,
                no=no,
                source_balance_after=_change(source, -amount),
                target_balance_after=_change(target, amount),
            )
        )


def _change(account: Account, amount: Decimal) -> Decimal | None:
    """Change a customer's balance and return it; the shop's accounts keep none."""
    if account.balance is None:
        return None
    after: Decimal = account.balance + amount
    Account.objects.filter(pk=account.pk).update(balance=F("balance") + amount)
    account.balance = after
    return after
