"""Giving charged money back."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.actions import LedgerError, Return
from ledger.enums import TransferKind
from ledger.models import Transfer
from ledger.queries import balance
from tests.factories import make_customer
from tests.ledger.books import buckets, charge, give_bonus, moves, refund
from tests.threads import together

pytestmark = pytest.mark.django_db
REFUND = TransferKind.ORDER_REFUND


def refunds() -> list[tuple[str, str, Decimal]]:
    return moves(Transfer.objects.filter(kind=REFUND).order_by("id"))


def test_a_refund_comes_back_to_the_balance() -> None:
    customer = make_customer(credit="10")
    charge(customer, "4", subject=81)

    refund(Return(81, customer.pk, Decimal("1.5"), note="partial"))

    transfer = Transfer.objects.get(kind=REFUND)
    assert balance(customer=customer) == Decimal("7.5")
    assert transfer.target_balance_after == Decimal("7.5")
    assert transfer.source_balance_after is None
    assert (transfer.no, transfer.note) == (1, "partial")


def test_what_was_spent_last_comes_back_first() -> None:
    customer = make_customer(credit="10")
    give_bonus(customer, "5")
    charge(customer, "12", subject=81)

    refund(Return(81, customer.pk, Decimal(1)))
    refund(Return(81, customer.pk, Decimal(3)))

    assert buckets(customer) == {"paid": 2, "bonus": 5}
    assert refunds() == [
        ("order:refund", "bonus", Decimal(1)),
        ("order:refund", "bonus", Decimal(1)),
        ("order:refund", "paid", Decimal(2)),
    ]
    assert list(
        Transfer.objects.filter(kind=REFUND).order_by("id").values_list("no", flat=True)
    ) == [1, 2, 1]


def test_more_than_was_charged_never_goes_back() -> None:
    customer = make_customer(credit="10")
    charge(customer, "4", subject=81)
    refund(Return(81, customer.pk, Decimal(3)))

    with pytest.raises(LedgerError, match="81"):
        refund(Return(81, customer.pk, Decimal("1.00000001")))

    assert balance(customer=customer) == 9
    assert refunds() == [("order:refund", "paid", Decimal(3))]


def test_one_return_too_large_stops_all_of_its_set() -> None:
    customer = make_customer(credit="10")
    charge(customer, "4", subject=81)
    charge(customer, "4", subject=82)

    with pytest.raises(LedgerError):
        refund(Return(81, customer.pk, Decimal(4)), Return(82, customer.pk, Decimal(5)))

    assert balance(customer=customer) == 2
    assert refunds() == []


def test_what_was_never_charged_is_not_given_back() -> None:
    customer = make_customer(credit="10")

    with pytest.raises(LedgerError):
        refund(Return(81, customer.pk, Decimal(1)))

    assert balance(customer=customer) == 10


def test_several_orders_of_one_customer_come_back_in_one_set(
    audit: Callable[[], list[str]],
) -> None:
    customer = make_customer(credit="10")
    for subject in (81, 82, 83):
        charge(customer, "3", subject=subject)

    refund(*[Return(subject, customer.pk, Decimal(2)) for subject in (83, 81, 82)])

    assert balance(customer=customer) == 7
    assert not [line for line in audit() if not line.startswith("order")]


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    paid=st.decimals(0, 50, places=8),
    bonus=st.decimals(0, 50, places=8),
    shares=st.lists(st.integers(0, 100), min_size=1, max_size=5),
)
def test_whatever_is_given_back_the_buckets_hold_what_they_paid(
    paid: Decimal, bonus: Decimal, shares: list[int]
) -> None:
    subject = Transfer.objects.count() + 1
    customer = make_customer(credit=paid)
    if bonus:
        give_bonus(customer, str(bonus), subject=subject + 10**9)
    before = buckets(customer)
    charge(customer, paid + bonus, subject=subject)
    left = paid + bonus

    for share in shares:
        part = (left * share / 100).quantize(Decimal("1e-8"))
        refund(Return(subject, customer.pk, part))
        left -= part
    refund(Return(subject, customer.pk, left))

    assert buckets(customer) == before


@pytest.mark.django_db(transaction=True)
def test_bulk_refunds_of_the_same_customers_do_not_deadlock(
    audit: Callable[[], list[str]],
) -> None:
    customers = [make_customer(credit="100") for _number in range(6)]
    for number in range(8):
        for place, customer in enumerate(customers):
            charge(customer, "10", subject=number * 100 + place)

    def give_back(number: int) -> None:
        # Every thread has the customers in another order, half of them backwards.
        turned = customers[number % 6 :] + customers[: number % 6]
        turned = turned[:: 1 if number % 2 else -1]
        for amount in ("1", "2", "3"):
            refund(
                *[
                    Return(
                        number * 100 + customers.index(customer),
                        customer.pk,
                        Decimal(amount),
                    )
                    for customer in turned
                ]
            )

    together(*[partial(give_back, number) for number in range(8)])

    assert {balance(customer=customer) for customer in customers} == {
        Decimal(100 - 8 * 10 + 8 * 6)
    }
    assert not [line for line in audit() if not line.startswith("order")]


@pytest.mark.django_db(transaction=True)
def test_two_threads_cannot_give_the_same_money_back(
    audit: Callable[[], list[str]],
) -> None:
    customer = make_customer(credit="10")
    charge(customer, "10", subject=81)

    def give_back() -> bool:
        try:
            refund(Return(81, customer.pk, Decimal(6)))
        except LedgerError:
            return False
        return True

    assert sorted(together(give_back, give_back)) == [False, True]

    assert balance(customer=customer) == 6
    assert not [line for line in audit() if not line.startswith("order")]
