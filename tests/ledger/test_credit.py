"""Credits by staff, their reversal, and money between the shop's own accounts."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from ledger import actions
from ledger.enums import AccountKind, TransferKind
from ledger.models import Account, Transfer
from ledger.queries import balance, book
from tests.factories import make_admin, make_customer
from tests.ledger.books import charge
from tests.threads import together

pytestmark = pytest.mark.django_db


def test_a_credit_says_who_gave_it_and_why() -> None:
    customer, admin = make_customer(), make_admin()

    after = actions.credit(
        customer=customer, amount=Decimal("2.5"), subject=7, by=admin, note="sorry"
    )

    transfer = Transfer.objects.get()
    assert after == balance(customer=customer) == Decimal("2.5")
    assert (transfer.by, transfer.note, transfer.bucket) == (admin, "sorry", "paid")
    assert str(transfer) == "credit:7:1"
    assert str(transfer.target) == f"paid USD #{transfer.target_id}"


@pytest.mark.parametrize("amount", ["0", "-1", "-0.00000001"])
def test_a_credit_of_nothing_or_less_is_refused(amount: str) -> None:
    customer = make_customer(credit="10")

    with pytest.raises(actions.LedgerError, match="above zero"):
        actions.credit(customer=customer, amount=Decimal(amount), subject=7, by=None)

    assert balance(customer=customer) == 10
    assert Transfer.objects.count() == 1


def test_a_credit_with_a_ninth_decimal_is_refused_rather_than_rounded() -> None:
    customer = make_customer(credit="10")
    amount = Decimal("1.000000001")

    with pytest.raises(ValidationError):
        actions.credit(customer=customer, amount=amount, subject=7, by=None)

    assert balance(customer=customer) == 10


def test_another_fault_of_the_database_is_not_taken_for_a_booking() -> None:
    customer = make_customer(credit="10")
    nameless: int = None  # type: ignore[assignment]

    with pytest.raises(IntegrityError, match="subject"):
        actions.credit(customer=customer, amount=Decimal(1), subject=nameless, by=None)

    assert balance(customer=customer) == 10


def test_only_credits_are_reversed() -> None:
    customer = make_customer(credit="10")
    charge(customer, "4")
    charged = Transfer.objects.get(kind=TransferKind.ORDER_CHARGE)

    with pytest.raises(actions.LedgerError, match="Only credits"):
        actions.reverse_credit(transfer=charged, by=None)

    assert balance(customer=customer) == 6


def test_a_reversal_says_who_took_it_back_and_why() -> None:
    customer, admin = make_customer(credit="10"), make_admin()
    credited = Transfer.objects.get()

    after = actions.reverse_credit(transfer=credited, by=admin, note="typo")

    transfer = Transfer.objects.get(kind=TransferKind.CREDIT_REVERSAL)
    assert after == balance(customer=customer) == 0
    assert (transfer.subject, transfer.by, transfer.note) == (
        credited.pk,
        admin,
        "typo",
    )
    assert transfer.source_balance_after == 0
    assert book(account=credited.source) == 0


def test_money_between_the_shops_accounts_is_a_sum_of_transfers() -> None:
    provider = actions.open_provider_account(currency="KRW")
    cost = actions.system_account(kind=AccountKind.COST, currency="KRW")
    move = partial(
        actions.move, source=provider, target=cost, kind=TransferKind.ORDER_COST
    )

    move(amount=Decimal("1.5"), subject=1)
    move(amount=Decimal("2"), subject=2)

    assert book(account=provider) == Decimal("-3.5")
    assert book(account=cost) == Decimal("3.5")
    assert Account.objects.get(pk=cost.pk).balance is None


def test_each_provider_has_an_account_of_its_own() -> None:
    accounts = {actions.open_provider_account(currency="USD").pk for _ in range(2)}

    assert len(accounts) == 2


@pytest.mark.django_db(transaction=True)
def test_a_credit_is_reversed_once_by_eight_threads(
    audit: Callable[[], list[str]],
) -> None:
    customer = make_customer(credit="10")
    credited = Transfer.objects.get()
    actions.credit(customer=customer, amount=Decimal(90), subject=10**9, by=None)

    def reverse() -> bool:
        try:
            actions.reverse_credit(transfer=credited, by=None)
        except actions.AlreadyMovedError:
            return False
        return True

    assert sum(together(*[reverse] * 8)) == 1

    assert balance(customer=customer) == 90
    assert audit() == []


@pytest.mark.django_db(transaction=True)
def test_credits_and_charges_at_once_leave_an_unbroken_chain(
    audit: Callable[[], list[str]],
) -> None:
    customer = make_customer(credit="100")

    def credit(thread: int) -> None:
        for number in range(10):
            subject = 10**6 * thread + number
            actions.credit(
                customer=customer, amount=Decimal(2), subject=subject, by=None
            )

    def spend(thread: int) -> None:
        for number in range(10):
            charge(customer, "1", subject=10**6 * thread + number)

    together(*[partial(work, n) for n, work in enumerate([credit, spend] * 4)])

    assert balance(customer=customer) == 100 + 4 * 10 * 2 - 4 * 10
    assert not [line for line in audit() if not line.startswith("order")]


# --- Funds sent to a provider ----------------------------------------------------


def test_funds_that_were_sent_stand_in_the_providers_book() -> None:
    account, admin = actions.open_provider_account(currency="EUR"), make_admin()

    actions.send_funds(
        account=account, amount=Decimal("50.5"), subject=7, by=admin, note="wire 12"
    )

    transfer = Transfer.objects.get()
    assert book(account=account) == Decimal("50.5")
    assert str(transfer) == "provider:7:funds:1"
    assert (transfer.by, transfer.note) == (admin, "wire 12")
    assert (transfer.source.kind, transfer.currency) == (AccountKind.OWN, "EUR")


def test_funds_that_came_back_are_booked_the_other_way() -> None:
    account = actions.open_provider_account(currency="USD")
    actions.send_funds(account=account, amount=Decimal(50), subject=7, by=None)

    actions.send_funds(account=account, amount=Decimal(-20), subject=8, by=None)

    assert book(account=account) == 30
    assert Account.objects.filter(kind=AccountKind.OWN).count() == 1


def test_the_same_funds_are_booked_once() -> None:
    account = actions.open_provider_account(currency="USD")
    actions.send_funds(account=account, amount=Decimal(50), subject=7, by=None)

    with pytest.raises(actions.AlreadyMovedError):
        actions.send_funds(account=account, amount=Decimal(50), subject=7, by=None)

    assert book(account=account) == 50


def test_funds_of_nothing_are_refused() -> None:
    account = actions.open_provider_account(currency="USD")

    with pytest.raises(actions.LedgerError, match="zero"):
        actions.send_funds(account=account, amount=Decimal(0), subject=7, by=None)

    assert not Transfer.objects.exists()
