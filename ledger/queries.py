"""Reading money."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Max, Q, QuerySet, Sum

from accounts.models import User
from ledger.enums import AccountKind, TransferKind
from ledger.models import Account, Transfer
from shop.money import ZERO

SPENDABLE = (AccountKind.PAID, AccountKind.BONUS)


def balance(*, customer: User) -> Decimal:
    """Return what the customer can spend, in the shop's currency."""
    return _sum_of(customer, SPENDABLE)


def balances(*, customer_ids: Collection[int]) -> dict[int, Decimal]:
    """Return what each of the customers can spend, in one query."""
    rows = (
        Account.objects.filter(
            customer__in=customer_ids,
            currency=settings.SHOP_CURRENCY,
            kind__in=SPENDABLE,
        )
        .values_list("customer")
        .annotate(Sum("balance"))
    )
    found = {customer_id: total for customer_id, total in rows if customer_id}
    return {customer_id: found.get(customer_id, ZERO) for customer_id in customer_ids}


def paid(*, customer: User) -> Decimal:
    """Return what of the balance the customer has paid for: the rest was given."""
    return _sum_of(customer, [AccountKind.PAID])


def debt(*, customer: User) -> Decimal:
    """Return what the customer owes; the next payment repays it first."""
    return -_sum_of(customer, [AccountKind.DEBT])


def _sum_of(customer: User, kinds: Collection[AccountKind]) -> Decimal:
    """Return what is on the customer's accounts of these kinds."""
    total = Account.objects.filter(
        customer=customer, currency=settings.SHOP_CURRENCY, kind__in=kinds
    ).aggregate(total=Sum("balance"))["total"]
    return total or ZERO


def statement(*, customer: User) -> QuerySet[Transfer]:
    """Return the customer's transfers, newest first, with both their accounts."""
    owned = Account.objects.filter(customer=customer).values("pk")
    return (
        Transfer.objects.filter(Q(source__in=owned) | Q(target__in=owned))
        .select_related("source", "target")
        .order_by("-id")
    )


@dataclass(frozen=True)
class Moved:
    """What moved for one cause through one bucket, and the number of its last transfer."""

    amount: Decimal = ZERO
    last_no: int = 0


def moved(
    *, kinds: Collection[TransferKind], subjects: Collection[int]
) -> dict[tuple[str, int, str], Moved]:
    """Return per (kind, subject, bucket) what transfers of `kinds` have moved."""
    rows = (
        Transfer.objects.filter(kind__in=kinds, subject__in=subjects)
        .values_list("kind", "subject", "bucket")
        .annotate(Sum("amount"), Max("no"))
    )
    return {(*key, bucket): Moved(total, no) for *key, bucket, total, no in rows}


def book(*, account: Account) -> Decimal:
    """Return Σ in − Σ out of an account that keeps no running balance."""
    gone = Transfer.objects.filter(source=account).aggregate(total=Sum("amount"))
    come = Transfer.objects.filter(target=account).aggregate(total=Sum("amount"))
    return (come["total"] or ZERO) - (gone["total"] or ZERO)
