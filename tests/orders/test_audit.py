"""Each promise is broken by hand, and the audit says so in a line."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from ledger import actions as ledger
from ledger.enums import AccountKind, TransferKind
from ledger.models import Transfer
from orders.actions.transitions import transition
from orders.audit import PROMISES, broken
from orders.changes import Change
from orders.models import Attempt, Order
from provider.protocol.statuses import UpstreamStatus
from tests.factories import LINK, make_order, make_service
from tests.orders.acting import (
    Script,
    accepted,
    completed,
    says,
    sending,
    told,
    tracked,
)

pytestmark = pytest.mark.django_db


def found(order: Order, promise: str) -> list[str]:
    """Return what the audit finds of one promise, about that order."""
    assert promise in PROMISES
    return [
        line for line in broken() if line.startswith(f"order {order.pk}: {promise}")
    ]


def transfer(kind: TransferKind, subject: int, no: int) -> None:
    """Book a transfer that has no cause."""
    Transfer.objects.create(
        source=ledger.system_account(kind=AccountKind.CREDIT),
        target=ledger.system_account(kind=AccountKind.SALES),
        currency="USD",
        amount=Decimal(1),
        kind=kind,
        subject=subject,
        no=no,
    )


def test_honest_orders_break_no_promise(script: Script) -> None:
    make_order()
    sending(script)
    completed(script)
    tracked(script, accepted(script), says(UpstreamStatus.PARTIAL, remains=10))

    assert list(broken()) == []


def test_a_charge_that_is_not_the_orders_is_found() -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(charge=3)

    (line,) = found(order, "is not charged exactly once")
    assert line.endswith("(charge 3.00000000, transfers 2.00000000)")


def test_a_second_charge_is_found() -> None:
    order = make_order()
    transfer(TransferKind.ORDER_CHARGE, order.pk, 2)

    assert found(order, "is not charged exactly once")


def test_an_order_without_a_charge_is_found() -> None:
    order = make_order()
    order.pk = None
    order.save()

    assert found(order, "is not charged exactly once")


@pytest.mark.parametrize("kind", [TransferKind.ORDER_CHARGE, TransferKind.ORDER_REFUND])
def test_money_of_an_order_that_does_not_exist_is_found(kind: TransferKind) -> None:
    transfer(kind, 999, 1)

    assert found(Order(pk=999), "is charged but does not exist")


def test_a_refund_that_was_not_booked_is_found() -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(refunded=1)

    assert found(order, "does not show what was refunded")


def test_a_refund_that_is_not_shown_is_found() -> None:
    order = make_order()
    transfer(TransferKind.ORDER_REFUND, order.pk, 1)

    assert found(order, "does not show what was refunded")


def test_two_attempts_with_an_id_are_found(script: Script) -> None:
    attempt = sending(script, accepted_once(script))

    Attempt.objects.filter(pk=attempt.pk).update(upstream_id="second")

    assert found(attempt.order, "was accepted more than once")


def accepted_once(script: Script) -> Order:
    """Return an order that is queued although a provider has accepted it."""
    order = accepted(script)
    Order.objects.filter(pk=order.pk).update(
        submission="queued", upstream_id=None, next_at=Now()
    )
    return order


def test_an_open_order_that_nobody_looks_after_is_found(script: Script) -> None:
    order = accepted(script)
    Order.objects.filter(pk=order.pk).update(next_at=Now() + timedelta(days=1))

    assert found(order, "is not looked after")


def test_an_order_that_staff_look_after_is_not_found(script: Script) -> None:
    order = accepted(script)

    transition([Change(order_id=order.pk, reason="", flag="odd", done_waiting=True)])

    assert list(broken()) == []


def test_an_attempt_that_is_not_its_orders_is_found(script: Script) -> None:
    order = accepted(script)
    order.attempts.update(upstream_id="another")

    assert found(order, "has an accepted attempt that is not its own")


def test_a_refund_that_its_parts_do_not_bear_out_is_found(script: Script) -> None:
    order = ended_in_parts(script)
    assert list(broken()) == []

    order.deliveries.update(delivered=40)

    (line,) = found(order, "does not agree with what its parts brought")
    assert line.endswith("(refunded 0.06000000, due 0.12000000)")


def test_parts_of_an_order_that_staff_look_at_are_not_found(script: Script) -> None:
    order = ended_in_parts(script)
    order.deliveries.update(delivered=40)

    transition([Change(order_id=order.pk, reason="", flag="odd", done_waiting=True)])

    assert list(broken()) == []


def test_a_part_with_an_orders_number_is_found(script: Script) -> None:
    order = ended_in_parts(script)
    order.deliveries.update(id=order.pk)

    assert found(order, "shares its number with a part")


def ended_in_parts(script: Script) -> Order:
    """Return a drip-feed of a single run that brought 70 of 100."""
    raw = {"link": LINK, "quantity": "100", "runs": "1", "interval": "5"}
    order = accepted(script, make_order(service=make_service(dripfeed=True), raw=raw))
    return told(
        script,
        order,
        {
            order.upstream_id or "": says(UpstreamStatus.PARTIAL, orders=["7"]),
            "7": says(UpstreamStatus.PARTIAL, remains=30),
        },
    )
