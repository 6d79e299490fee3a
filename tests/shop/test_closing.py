"""Closing an account: what stands in its way, and what happens."""

import time
from collections.abc import Callable
from decimal import Decimal
from threading import Event

import pytest
from django.db import transaction
from django.db.models.functions import Now

from accounts import actions as accounts
from accounts.models import User
from ledger import actions as ledger
from ledger.enums import AccountKind
from ledger.models import Account
from notices.models import Notice
from orders import actions as orders
from payments.models import TopUp
from shop.actions import close_account
from shop.closing import ClosingRefused, obstacles
from tests.factories import make_admin, make_customer, make_order
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def open_order(user: User) -> None:
    make_order(customer=user)


def open_payment(user: User) -> None:
    TopUp.objects.create(
        customer=user,
        gateway="test",
        reference="A",
        currency="USD",
        amount=Decimal(5),
        next_at=Now(),
    )


def debt(user: User) -> None:
    Account.objects.create(
        customer=user, kind=AccountKind.DEBT, currency="USD", balance=Decimal(-1)
    )


def frozen(user: User) -> None:
    accounts.freeze_by_hand(user=user, reason="A dispute")


@pytest.mark.parametrize("obstacle", [open_order, open_payment, debt, frozen])
def test_what_is_open_stands_in_the_way(obstacle: Callable[[User], None]) -> None:
    alice = make_customer(credit="100")
    obstacle(alice)

    with pytest.raises(ClosingRefused) as refused:
        close_account(user=alice, waive=True)

    assert len(refused.value.obstacles) == 1
    alice.refresh_from_db()
    assert (alice.closed_at, alice.is_active) == (None, True)
    assert Notice.objects.filter(user=alice).count() == 0


def test_staff_do_not_close_themselves() -> None:
    admin = make_admin()
    assert len(obstacles(user=admin)) == 1
    with pytest.raises(ClosingRefused):
        close_account(user=admin, waive=True)


def test_money_is_given_up_only_in_so_many_words() -> None:
    alice = make_customer(credit="2")

    with pytest.raises(ClosingRefused) as refused:
        close_account(user=alice, waive=False)

    assert refused.value.obstacles == []
    alice.refresh_from_db()
    assert alice.closed_at is None


def test_an_account_is_closed_and_its_books_stay(
    audit: Callable[[], list[str]],
) -> None:
    alice = make_customer(credit="100")
    order = make_order(customer=alice)
    orders.cancel_order(order=order, by=alice)

    close_account(user=alice, waive=True)

    alice.refresh_from_db()
    assert alice.closed_at is not None
    assert not alice.is_active
    assert alice.orders.count() == 1
    assert Account.objects.get(customer=alice).balance == 100
    assert Notice.objects.filter(subject="Your account is closed").count() == 1
    assert audit() == []


def test_closing_twice_is_closing_once() -> None:
    alice = make_customer()
    close_account(user=alice, waive=False)
    close_account(user=alice, waive=False)
    assert Notice.objects.count() == 1


def test_a_dispute_that_arrives_meanwhile_goes_first() -> None:
    alice = make_customer(credit="1")
    held = Event()

    def dispute() -> bool:
        with transaction.atomic():
            ledger.lock_customers(customer_ids=[alice.pk])
            held.set()
            time.sleep(0.3)
            accounts.freeze(user_id=alice.pk, reason="A dispute")
        return True

    def close() -> bool:
        held.wait(10)
        try:
            close_account(user=alice, waive=True)
        except ClosingRefused:
            return False
        return True

    assert together(dispute, close) == [True, False]
    alice.refresh_from_db()
    assert alice.closed_at is None
