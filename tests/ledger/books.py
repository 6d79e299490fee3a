"""What the ledger's tests share: accounts with money in them, and storms."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from ledger import actions
from ledger.enums import AccountKind, TransferKind
from ledger.models import Account, Transfer


def charge(customer: User, amount: Decimal | str, subject: int = 1) -> None:
    """Charge a customer for an order, in a transaction of its own."""
    with transaction.atomic():
        actions.charge(
            customer_id=customer.pk,
            amount=Decimal(amount),
            kind=TransferKind.ORDER_CHARGE,
            subject=subject,
        )


def charged(customer: User, amount: Decimal | str, subject: int) -> bool:
    """Charge a customer; return whether there was enough."""
    try:
        charge(customer, amount, subject)
    except actions.InsufficientFundsError:
        return False
    return True


def refund(*returns: actions.Return) -> None:
    """Give money back, in a transaction of its own, the accounts locked first."""
    with transaction.atomic():
        actions.lock_customers(customer_ids=[item.customer_id for item in returns])
        actions.give_back(
            returns=returns,
            charged=TransferKind.ORDER_CHARGE,
            kind=TransferKind.ORDER_REFUND,
        )


def give_bonus(customer: User, amount: str, subject: int = 1) -> Account:
    """Fill a customer's bonus bucket, as a later room will; return its account."""
    account = actions.customer_account(customer_id=customer.pk, kind=AccountKind.BONUS)
    after = (account.balance or Decimal(0)) + Decimal(amount)
    Transfer.objects.create(
        source=actions.system_account(kind=AccountKind.CREDIT),
        target=account,
        currency=account.currency,
        amount=Decimal(amount),
        kind=TransferKind.CREDIT,
        subject=subject,
        bucket=AccountKind.BONUS,
        target_balance_after=after,
    )
    Account.objects.filter(pk=account.pk).update(balance=after)
    account.refresh_from_db()
    return account


def buckets(customer: User) -> dict[str, Decimal | None]:
    """Return the customer's balances by bucket."""
    return dict(
        Account.objects.filter(customer=customer).values_list("kind", "balance")
    )


def moves(transfers: Iterable[Transfer]) -> list[tuple[str, str, Decimal]]:
    """Return what moved: kind, bucket and amount of each transfer."""
    return [(row.kind, row.bucket, row.amount) for row in transfers]
