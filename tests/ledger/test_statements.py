"""The statement: its lines under every filter, and sums that agree with them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ledger import actions, queries, statements
from ledger.enums import GROUPS, AccountKind, Bucket, Group, TransferKind
from ledger.models import Account, Transfer
from ledger.wanted import Wanted
from tests.factories import make_customer
from tests.ledger.books import charge, refund

pytestmark = pytest.mark.django_db(transaction=True)

# The other way round they are the shop's own.
NOT_CUSTOMERS = {
    TransferKind.ORDER_COST,
    TransferKind.ORDER_COST_SECOND,
    TransferKind.ORDER_COST_CORRECTION,
    TransferKind.ORDER_LOSS,
    TransferKind.PROVIDER_FUNDS,
}


def test_every_kind_that_a_customer_has_is_in_one_group() -> None:
    grouped = [kind for kinds in GROUPS.values() for kind in kinds]

    assert len(grouped) == len(set(grouped))
    assert set(grouped) == set(TransferKind) - NOT_CUSTOMERS


def credit_at(customer: User, at: datetime, amount: str, after: str) -> None:
    """Credit a customer at a moment of the past; in the order of time."""
    account = actions.customer_account(customer_id=customer.pk, kind=AccountKind.PAID)
    Transfer.objects.create(
        source=actions.system_account(kind=AccountKind.CREDIT),
        target=account,
        currency=account.currency,
        amount=Decimal(amount),
        kind=TransferKind.CREDIT,
        subject=int(at.timestamp()),
        bucket=Bucket.PAID,
        target_balance_after=Decimal(after),
        created_at=at,
    )
    Account.objects.filter(pk=account.pk).update(balance=Decimal(after))


def changes(customer: User, **wanted: object) -> list[Decimal]:
    found = statements.lines(customer=customer, wanted=Wanted(**wanted), rows=100)  # type: ignore[arg-type]
    return [line.change for line in found]


def sums(customer: User, **wanted: object) -> tuple[Decimal, ...]:
    found = statements.sums(customer=customer, wanted=Wanted(**wanted))  # type: ignore[arg-type]
    return (found.before, found.came, found.gone, found.after)


def busy_customer() -> User:
    """Return a customer who paid 10 with a bonus of 1, ordered twice, and got 1 back."""
    customer = make_customer()
    with transaction.atomic():
        actions.top_up(
            customer_id=customer.pk, amount=Decimal(10), bonus=Decimal(1), subject=7
        )
    charge(customer, "4", subject=1)
    charge(customer, "6.5", subject=2)
    refund(actions.Return(subject=1, customer_id=customer.pk, amount=Decimal(1)))
    return customer


def test_lines_are_grouped_by_what_they_are_for() -> None:
    customer = busy_customer()

    assert changes(customer, group=Group.PAYMENTS) == [10]
    assert changes(customer, group=Group.BONUS) == [1]
    assert changes(customer, group=Group.ORDERS) == [Decimal("-0.5"), -6, -4]
    assert changes(customer, group=Group.REFUNDS) == [1]
    assert len(changes(customer)) == 6


def test_a_line_says_the_balance_after_it_and_whose_it_is() -> None:
    customer = busy_customer()

    found = statements.lines(customer=customer, wanted=Wanted(), rows=100)

    assert [(line.after, line.pocket) for line in found] == [
        (1, ""),
        (Decimal("0.5"), "bonus"),
        (0, ""),
        (6, ""),
        (1, "bonus"),
        (10, ""),
    ]
    assert [line.url for line in found][-2:] == ["/funds/7/"] * 2
    assert found[0].url == "/orders/1/"


def test_sums_agree_with_the_lines_and_with_the_balance() -> None:
    customer = busy_customer()

    assert sums(customer) == (0, 12, Decimal("10.5"), Decimal("1.5"))
    assert queries.balance(customer=customer) == Decimal("1.5")
    _before, came, gone, _after = sums(customer, group=Group.ORDERS)
    assert (came, gone) == (0, Decimal("10.5"))


def test_what_repays_a_debt_is_one_line_and_no_sum() -> None:
    customer = make_customer()
    with transaction.atomic():
        actions.top_up(
            customer_id=customer.pk, amount=Decimal(10), bonus=Decimal(0), subject=7
        )
    charge(customer, "4")
    with transaction.atomic():
        actions.take_back(
            customer_id=customer.pk,
            amount=Decimal(10),
            bonus=Decimal(0),
            subject=7,
            kind=TransferKind.TOPUP_DISPUTE,
            no=1,
        )
    with transaction.atomic():
        actions.top_up(
            customer_id=customer.pk, amount=Decimal(6), bonus=Decimal(0), subject=8
        )

    assert changes(customer, group=Group.PAYMENTS)[:2] == [-4, 6]
    before, came, gone, after = sums(customer)
    assert (before, came, gone, after) == (0, 16, 14, 2)
    assert queries.balance(customer=customer) == 2


def test_days_are_the_customers_and_both_belong_to_it() -> None:
    customer = make_customer()
    for index, at in enumerate(
        [
            datetime(2026, 3, 1, 14, 59, tzinfo=UTC),
            datetime(2026, 3, 1, 15, 0, tzinfo=UTC),
            datetime(2026, 3, 2, 14, 59, tzinfo=UTC),
            datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
        ],
        1,
    ):
        credit_at(customer, at, "1", str(index))

    with timezone.override("Asia/Seoul"):
        day = {"from_date": date(2026, 3, 2), "to_date": date(2026, 3, 2)}
        assert changes(customer, **day) == [1, 1]
        assert sums(customer, **day) == (1, 2, 0, 3)
        assert sums(customer, to_date=date(2026, 3, 1)) == (0, 1, 0, 1)
        assert sums(customer, from_date=date(2026, 3, 3)) == (3, 1, 0, 4)
        assert sums(customer, group=Group.ORDERS, **day) == (1, 0, 0, 3)
    assert changes(customer, from_date=date(2026, 3, 2)) == [1, 1]


def test_any_moment_is_found_among_the_numbers() -> None:
    customer = make_customer()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in range(40):
        at = start + timedelta(hours=6 * hour)
        credit_at(customer, at, "1", str(hour + 1))

    for day in range(-1, 12):
        wanted = (start + timedelta(days=day)).date()
        found = changes(customer, from_date=wanted, to_date=wanted)
        assert len(found) == (4 if 0 <= day < 10 else 0)


def test_without_transfers_there_is_nothing() -> None:
    customer = make_customer()

    assert changes(customer, from_date=date(2026, 1, 1)) == []
    assert sums(customer, to_date=date(2026, 1, 1)) == (0, 0, 0, 0)


def test_all_lines_come_in_chunks_without_gap_or_repeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statements, "CHUNK", 2)
    customer = busy_customer()

    found = list(statements.all_lines(customer=customer, wanted=Wanted()))

    assert found == statements.lines(customer=customer, wanted=Wanted(), rows=100)


def test_nobody_sees_what_is_anothers() -> None:
    busy_customer()
    other = make_customer(credit="1")

    assert changes(other) == [1]
    assert sums(other) == (0, 1, 0, 1)


def test_balances_of_many_are_read_at_once() -> None:
    customer, poor = busy_customer(), make_customer()

    assert queries.balances(customer_ids=[customer.pk, poor.pk]) == {
        customer.pk: Decimal("1.5"),
        poor.pk: 0,
    }
