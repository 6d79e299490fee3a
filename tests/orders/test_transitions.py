"""The one door: every move of the tables, and nothing besides."""

from decimal import Decimal

import pytest
from django.db.models.functions import Now

from ledger import actions as ledger
from ledger.enums import AccountKind, Bucket
from ledger.models import Account, Transfer
from ledger.queries import balance
from orders.actions.transitions import IllegalMove, Stale, transition
from orders.changes import LASTING, Change
from orders.enums import (
    FINISHED,
    OPEN,
    STATUS_MOVES,
    SUBMISSION_MOVES,
    HoldReason,
    Status,
    Submission,
)
from orders.models import Order
from tests.factories import make_customer, make_order
from tests.orders.acting import Script, accepted, again, book, reasons, seconds_ahead

pytestmark = pytest.mark.django_db


def change(order: Order, **fields: object) -> Change:
    return Change(order_id=order.pk, reason="because", **fields)  # type: ignore[arg-type]


def test_the_tables_name_every_state() -> None:
    assert set(STATUS_MOVES) == set(Status) == OPEN | FINISHED
    assert set(SUBMISSION_MOVES) == set(Submission)


def test_nothing_leads_out_of_what_is_final() -> None:
    assert not SUBMISSION_MOVES[Submission.ACCEPTED]
    assert not SUBMISSION_MOVES[Submission.WITHDRAWN]
    assert not STATUS_MOVES[Status.CANCELED]
    assert not STATUS_MOVES[Status.FAILED]


def test_a_finished_order_never_opens_again() -> None:
    assert all(not STATUS_MOVES[status] & OPEN for status in FINISHED)


@pytest.mark.parametrize("old", Submission)
def test_only_the_moves_of_the_table_are_made(script: Script, old: Submission) -> None:
    for new in Submission:
        order = make_order(make_customer(credit="2"))
        if old == Submission.ACCEPTED:
            order = accepted(script, order)
        elif old == Submission.WITHDRAWN:
            Order.objects.filter(pk=order.pk).update(
                submission=old, status="canceled", refunded=2, finished_at=Now()
            )
        else:
            held_for = HoldReason.LINK if old == Submission.HELD else ""
            Order.objects.filter(pk=order.pk).update(submission=old, held_for=held_for)
        fields: dict[str, object] = {"submission": new}
        if new == Submission.HELD:
            fields["held_for"] = HoldReason.FUNDS
        if new == Submission.ACCEPTED:
            offer = order.service.routes.get().offer
            fields |= {"provider_id": offer.provider_id, "upstream_id": str(order.pk)}
        if new == Submission.WITHDRAWN:
            fields |= {"status": Status.CANCELED, "refunded": order.charge}
        if new == old or new in SUBMISSION_MOVES[old]:
            transition([change(order, **fields)])
            assert again(order).submission == new
        else:
            with pytest.raises(IllegalMove):
                transition([change(order, **fields)])
            assert again(order).submission == old


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (old, new)
        for old in sorted(FINISHED)
        for new in sorted(set(Status) - {old} - STATUS_MOVES[old])
    ],
)
def test_a_status_that_the_table_does_not_have_is_refused(
    script: Script, old: Status, new: Status
) -> None:
    order = accepted(script)
    transition([change(order, status=old, refunded=order.charge, done_waiting=True)])
    before = book(order.customer)

    with pytest.raises(IllegalMove):
        transition([change(order, status=new)])

    assert again(order).status == old
    assert book(order.customer) == before


def test_an_order_that_left_the_expected_submission_is_stale() -> None:
    order = make_order()
    before = book(order.customer)

    with pytest.raises(Stale):
        transition([change(order, expected=Submission.SENDING, status=Status.PAUSED)])

    assert again(order).status == Status.PENDING
    assert book(order.customer) == before


def test_holds_are_counted_until_the_order_is_upstream() -> None:
    order = make_order()
    for _ in range(2):
        transition(
            [change(order, submission=Submission.HELD, held_for=HoldReason.FUNDS)]
        )
        transition([change(order, submission=Submission.QUEUED)])
    assert (again(order).holds, again(order).held_for) == (2, "")

    transition([change(order, submission=Submission.SENDING)])
    provider_id = order.service.routes.get().offer.provider_id
    transition(
        [
            change(
                order,
                submission=Submission.ACCEPTED,
                provider_id=provider_id,
                upstream_id="7",
            )
        ]
    )

    assert again(order).holds == 0


def test_a_change_to_the_same_state_moves_nothing_and_leaves_no_event() -> None:
    order = make_order()
    before = book(order.customer)

    moved = transition([change(order, status=Status.PENDING)])

    assert moved == []
    assert book(order.customer) == before
    assert again(order).changed_at == order.changed_at


def test_what_moved_is_returned_as_it_is_now() -> None:
    customer = make_customer(credit="100")
    first, second = (make_order(customer) for _ in range(2))

    moved = transition(
        [change(first, status=Status.PAUSED), change(second, status=Status.PENDING)]
    )

    assert [(order.pk, order.status) for order in moved] == [(first.pk, Status.PAUSED)]


def test_a_set_with_one_illegal_move_changes_nothing() -> None:
    customer = make_customer(credit="100")
    orders = [make_order(customer) for _ in range(2)]

    with pytest.raises(IllegalMove):
        transition(
            [
                change(orders[0], status=Status.PAUSED),
                change(orders[1], submission=Submission.REFUSED),
            ]
        )

    assert again(orders[0]).status == Status.PENDING


def test_refunds_are_booked_as_the_difference_to_what_went_back_before(
    script: Script,
) -> None:
    order = accepted(script)
    for back in ("0.5", "0.5", "1.25", "2"):
        transition([change(order, refunded=Decimal(back))])

    refunds = Transfer.objects.filter(kind="order:refund").order_by("no")
    assert [(refund.no, refund.amount) for refund in refunds] == [
        (1, Decimal("0.5")),
        (2, Decimal("0.75")),
        (3, Decimal("0.75")),
    ]
    assert balance(customer=order.customer) == 100


def test_a_refund_is_never_taken_back(script: Script) -> None:
    order = accepted(script)
    transition([change(order, refunded=Decimal(1))])
    before = book(order.customer)

    with pytest.raises(IllegalMove, match=r"1\.00000000 was refunded already"):
        transition([change(order, refunded=Decimal("0.5"))])

    assert again(order).refunded == 1
    assert book(order.customer) == before


def test_a_refund_goes_back_to_the_bucket_that_was_spent_last() -> None:
    customer = make_customer(credit="1.5")
    bonus = ledger.customer_account(customer_id=customer.pk, kind=AccountKind.BONUS)
    Account.objects.filter(pk=bonus.pk).update(balance=5)
    order = make_order(customer)

    transition([change(order, refunded=Decimal(1))])

    refunds = Transfer.objects.filter(kind="order:refund").order_by("id")
    assert [(r.bucket, r.amount) for r in refunds] == [
        (Bucket.BONUS, Decimal("0.5")),
        (Bucket.PAID, Decimal("0.5")),
    ]
    bonus.refresh_from_db()
    assert bonus.balance == 5


def test_a_wait_is_counted_from_now_and_ends_when_nobody_need_look(
    script: Script,
) -> None:
    order = accepted(script)

    transition([change(order, wait=600)])
    assert 590 < seconds_ahead(order) <= 600
    transition([change(order, status=Status.COMPLETED, done_waiting=True)])

    assert again(order).next_at is None


def test_a_flag_comes_stays_and_goes() -> None:
    order = make_order()
    transition([change(order, flag="odd")])
    first = again(order)
    assert first.flagged_at
    transition([change(order, status=Status.PAUSED)])
    assert again(order).flag_reason == "odd"
    transition([change(order, flag="odder")])
    assert again(order).flagged_at == first.flagged_at

    transition([change(order, flag="")])

    assert (again(order).flagged_at, again(order).flag_reason) == (None, "")


@pytest.mark.parametrize("lasting", LASTING)
def test_a_lasting_flag_is_neither_replaced_nor_taken_away(lasting: str) -> None:
    order = make_order()
    transition([change(order, flag=f"{lasting}7")])
    for flag in ("odd", ""):
        transition([change(order, flag=flag)])

    assert again(order).flag_reason == f"{lasting}7"
    assert reasons(order)[1:] == ["because", "because"]


def test_an_applied_change_ends_a_row_of_errors() -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(errors=3, misses=3)

    transition([change(order, status=Status.PAUSED)])

    assert (again(order).errors, again(order).misses) == (0, 0)


def test_finishing_notes_the_time_once(script: Script) -> None:
    order = accepted(script)
    assert order.finished_at is None
    transition([change(order, status=Status.COMPLETED, done_waiting=True)])
    finished = again(order).finished_at
    assert finished

    transition([change(order, status=Status.PARTIAL, refunded=Decimal(1))])

    assert again(order).finished_at == finished


def test_an_event_says_what_moved_why_and_by_whom() -> None:
    order = make_order()

    transition([change(order, status=Status.PAUSED, by=order.customer)])

    event = order.events.latest("id")
    assert (event.old_status, event.new_status) == (Status.PENDING, Status.PAUSED)
    assert (event.reason, event.by, event.refunded) == ("because", order.customer, 0)
    assert str(event) == f"#{order.pk} paused: because"


def test_long_words_are_cut_to_what_fits() -> None:
    order = make_order()

    transition([Change(order_id=order.pk, reason="x" * 999, flag="y" * 999)])

    assert again(order).flag_reason == "y" * 300
    assert reasons(order)[-1] == "x" * 300
