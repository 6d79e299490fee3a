"""What staff decide about orders that nobody else can: each tool, and its refusals."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.models import User
from ledger.enums import AccountKind, TransferKind
from ledger.models import Transfer
from ledger.queries import balance
from ledger.queries import book as account_book
from orders import actions
from orders.actions import SettlementError
from orders.actions.settling import accept_found
from orders.admin.settling import SettlingButtons
from orders.enums import EvidenceSource, Outcome, Status, Submission, Verdict
from orders.models import Attempt, Evidence, Order
from orders.searching import Finding
from provider.models import Provider
from provider.protocol.replies import AddAnswer, AddOutcome, ListedOrder
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_admin, make_order
from tests.orders.acting import (
    NO_FUNDS,
    REFUSED,
    TIMED_OUT,
    Script,
    accepted,
    accepted_as,
    again,
    answer,
    book,
    make_due,
    says,
    seconds_ahead,
    sending,
    staff_alerts,
    tracked,
)

pytestmark = pytest.mark.django_db
Audit = Callable[[], list[str]]


@pytest.fixture
def staff() -> User:
    return make_admin()


def unknown(script: Script, order: Order | None = None) -> Order:
    return answer(sending(script, order), TIMED_OUT)


def assert_unchanged(order: Order, before: object) -> None:
    assert again(order).submission == order.submission
    assert book(order.customer) == before


# --- It exists --------------------------------------------------------------------


def test_staff_say_that_it_exists(script: Script, staff: User, audit: Audit) -> None:
    order = unknown(script)

    actions.settle_as_existing(order=order, upstream_id=" 77 ", by=staff)

    order = again(order)
    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert order.flagged_at is None
    assert order.events.latest("id").by == staff
    evidence = Evidence.objects.get()
    assert (evidence.verdict, evidence.upstream_id) == (Verdict.FOUND, "77")
    assert evidence.by == staff
    assert Transfer.objects.filter(kind=TransferKind.ORDER_COST).count() == 1
    assert audit() == []


def test_an_answer_that_comes_after_all_and_names_another_is_flagged(
    script: Script, staff: User, audit: Audit
) -> None:
    attempt = sending(script)
    make_due(attempt.order)
    actions.sweep()
    actions.settle_as_existing(order=attempt.order, upstream_id="76", by=staff)

    order = answer(attempt, accepted_as("77"))

    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "76")
    text = "two upstream orders: 77 is what the provider has answered"
    assert order.flag_reason == text
    assert staff_alerts()[-1] == f"Order {order.pk}: {text}"
    assert Transfer.objects.filter(kind=TransferKind.ORDER_COST).count() == 1
    assert audit() == []


def test_an_answer_that_comes_after_all_and_names_the_same_changes_nothing(
    script: Script, staff: User
) -> None:
    attempt = sending(script)
    make_due(attempt.order)
    actions.sweep()
    actions.settle_as_existing(order=attempt.order, upstream_id="77", by=staff)
    before = book(attempt.order.customer)[:-1]

    order = answer(attempt, accepted_as("77"))

    assert order.flagged_at is None
    assert book(order.customer)[:-1] == before


def test_it_is_followed_from_then_on(script: Script, staff: User) -> None:
    order = unknown(script)
    actions.settle_as_existing(order=order, upstream_id="77", by=staff)

    order = tracked(
        script, again(order), says(UpstreamStatus.PARTIAL, remains=500, charge="0.5")
    )

    assert (order.status, order.refunded) == (Status.PARTIAL, 1)


def test_an_id_that_is_taken_is_refused(script: Script, staff: User) -> None:
    taken = accepted(script, upstream_id="77")
    order = unknown(script, make_order(service=taken.service))
    before = book(order.customer)

    with pytest.raises(SettlementError, match="another order's already"):
        actions.settle_as_existing(order=order, upstream_id="77", by=staff)

    assert_unchanged(order, before)
    assert Evidence.objects.count() == 0


@pytest.mark.parametrize("text", ["", "0", "unknown", "x" * 65])
def test_what_is_no_id_is_refused(script: Script, staff: User, text: str) -> None:
    order = unknown(script)
    before = book(order.customer)

    with pytest.raises(SettlementError, match="This is no id"):
        actions.settle_as_existing(order=order, upstream_id=text, by=staff)

    assert_unchanged(order, before)


@pytest.mark.parametrize(
    "settle",
    [
        lambda order, by: actions.settle_as_existing(
            order=order, upstream_id="9", by=by
        ),
        lambda order, by: actions.send_again(order=order, by=by),
        lambda order, by: actions.refund_absent(order=order, by=by),
        lambda order, by: actions.refund_at_risk(order=order, by=by),
    ],
    ids=["exists", "send again", "refund", "refund at risk"],
)
def test_an_order_that_is_not_unknown_is_not_settled(
    script: Script, staff: User, settle: Callable[..., None]
) -> None:
    order = accepted(script)
    before = book(order.customer)

    with pytest.raises(SettlementError, match="not unknown any more"):
        settle(order, staff)

    assert_unchanged(order, before)


# --- It does not exist ------------------------------------------------------------


def test_staff_have_it_sent_again(script: Script, staff: User, audit: Audit) -> None:
    order = unknown(script)

    actions.send_again(order=order, by=staff)
    actions.submit(order_id=order.pk)

    order = again(order)
    assert order.submission == Submission.ACCEPTED
    assert len(script.asked("add")) == 2
    assert Evidence.objects.get().verdict == Verdict.ABSENT
    assert balance(customer=order.customer) == 98
    assert audit() == []


def test_an_answer_that_comes_after_all_is_flagged_as_a_second_order(
    script: Script, staff: User
) -> None:
    first = sending(script)
    make_due(first.order)
    actions.sweep()
    actions.send_again(order=first.order, by=staff)
    actions.submit(order_id=first.order_id)

    order = answer(first, accepted_as("66"))

    assert order.submission == Submission.ACCEPTED
    assert order.flag_reason == "two upstream orders: 66 is also ours"
    kinds = Transfer.objects.filter(subject=order.pk).values_list("kind", flat=True)
    assert sorted(kinds) == ["order:charge", "order:cost", "order:cost-second"]


def test_staff_refund_what_does_not_exist(
    script: Script, staff: User, audit: Audit
) -> None:
    order = unknown(script)

    actions.refund_absent(order=order, by=staff)

    order = again(order)
    assert (order.submission, order.status) == (Submission.WITHDRAWN, Status.CANCELED)
    assert (order.next_at, order.flagged_at) == (None, None)
    assert balance(customer=order.customer) == 100
    assert not Transfer.objects.filter(kind=TransferKind.ORDER_LOSS).exists()
    assert audit() == []


# --- Nobody knows -----------------------------------------------------------------


def test_at_the_shops_risk_it_is_not_refunded_before_its_time(
    script: Script, staff: User
) -> None:
    order = unknown(script)
    before = book(order.customer)

    with pytest.raises(SettlementError, match="72 hours after it was sent"):
        actions.refund_at_risk(order=order, by=staff)

    assert_unchanged(order, before)


def refunded_at_risk(script: Script, staff: User) -> Order:
    order = unknown(script)
    Attempt.objects.update(sent_at=Now() - timedelta(hours=72))
    actions.refund_at_risk(order=order, by=staff)
    return again(order)


def test_at_the_shops_risk_the_loss_account_pays(
    script: Script, staff: User, audit: Audit
) -> None:
    order = refunded_at_risk(script, staff)

    assert (order.submission, order.refunded) == (Submission.WITHDRAWN, 2)
    assert balance(customer=order.customer) == 100
    loss = Transfer.objects.get(kind=TransferKind.ORDER_LOSS)
    assert (loss.source.kind, loss.target.kind) == (
        AccountKind.LOSS,
        AccountKind.SALES,
    )
    assert (loss.amount, loss.subject) == (2, order.pk)
    assert audit() == []


def test_it_is_watched_and_flagged_if_it_turns_up(
    script: Script, staff: User, audit: Audit
) -> None:
    order = refunded_at_risk(script, staff)
    assert 590 < seconds_ahead(order) <= 600
    Provider.objects.update(list_orders=True)
    offer = order.attempts.get().offer
    script.orders = [
        ListedOrder("77", offer.upstream_id, order.link, "", order.quantity, None)
    ]
    make_due(order)

    actions.gather_evidence(order_id=order.pk)

    order = again(order)
    assert order.submission == Submission.WITHDRAWN
    assert order.flag_reason == "refunded, but upstream has it: 77"
    assert order.attempts.get().outcome == Outcome.ACCEPTED
    assert Transfer.objects.filter(kind=TransferKind.ORDER_COST_SECOND).count() == 1
    assert balance(customer=order.customer) == 100
    assert audit() == []


def test_what_was_refunded_is_not_sent_again_to_see_whether_it_exists(
    script: Script, staff: User
) -> None:
    order = refunded_at_risk(script, staff)
    Provider.objects.update(request_ids=True)
    make_due(order)

    actions.gather_evidence(order_id=order.pk)

    assert len(script.asked("add")) == 1
    assert again(order).flagged_at is None
    assert 3590 < seconds_ahead(order) <= 3600


def test_a_month_later_it_is_watched_no_more(script: Script, staff: User) -> None:
    order = refunded_at_risk(script, staff)
    Attempt.objects.update(sent_at=Now() - timedelta(days=31))
    make_due(order)

    actions.gather_evidence(order_id=order.pk)

    assert again(order).next_at is None


def test_the_time_is_settable(script: Script, staff: User, settings: Settings) -> None:
    settings.RISK_REFUND_HOURS = 0
    order = unknown(script)

    actions.refund_at_risk(order=order, by=staff)

    assert balance(customer=order.customer) == 100


# --- Other flags ------------------------------------------------------------------


def flagged_partial(script: Script) -> Order:
    """Return an order that upstream calls Partial without saying what remains."""
    return tracked(script, accepted(script), says(UpstreamStatus.PARTIAL))


@pytest.mark.parametrize(
    ("remains", "status", "refunded"),
    [
        (0, Status.COMPLETED, "0"),
        (250, Status.PARTIAL, "0.5"),
        (1000, Status.CANCELED, "2"),
    ],
)
def test_staff_say_how_much_came(
    script: Script,
    staff: User,
    audit: Audit,
    remains: int,
    status: Status,
    refunded: str,
) -> None:
    order = flagged_partial(script)
    assert order.flagged_at is not None

    actions.settle_by_hand(order=order, remains=remains, by=staff)

    order = again(order)
    assert (order.status, order.refunded) == (status, Decimal(refunded))
    assert (order.flagged_at, order.next_at) == (None, None)
    assert balance(customer=order.customer) == 98 + Decimal(refunded)
    assert audit() == []


@pytest.mark.parametrize("remains", [-1, 1001])
def test_more_than_was_ordered_cannot_be_missing(
    script: Script, staff: User, remains: int
) -> None:
    order = flagged_partial(script)
    before = book(order.customer)

    with pytest.raises(SettlementError, match="Between 0 and 1000"):
        actions.settle_by_hand(order=order, remains=remains, by=staff)

    assert_unchanged(order, before)


def test_what_went_back_is_not_taken_again(script: Script, staff: User) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.PARTIAL, remains=500, charge="1")
    )
    order = tracked(
        script, order, says(UpstreamStatus.PARTIAL, remains=100, charge="1")
    )
    before = book(order.customer)

    with pytest.raises(SettlementError):
        actions.settle_by_hand(order=order, remains=100, by=staff)

    assert_unchanged(order, before)


def test_an_order_that_went_well_is_not_settled_by_hand(
    script: Script, staff: User
) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.COMPLETED, charge="1")
    )
    before = book(order.customer)

    with pytest.raises(SettlementError, match="open or flagged"):
        actions.settle_by_hand(order=order, remains=5, by=staff)

    assert_unchanged(order, before)


def test_a_held_order_is_tried_again_at_once(script: Script, staff: User) -> None:
    order = answer(sending(script), AddAnswer(AddOutcome.HELD_WORDING, error="Mercury"))

    actions.try_again(order=order, by=staff)
    actions.submit(order_id=order.pk)

    order = again(order)
    assert (order.submission, order.flagged_at) == (Submission.ACCEPTED, None)


def test_only_what_was_not_sent_is_tried_again(script: Script, staff: User) -> None:
    order = unknown(script)
    before = book(order.customer)

    with pytest.raises(SettlementError, match="has not been sent"):
        actions.try_again(order=order, by=staff)

    assert_unchanged(order, before)
    assert len(script.asked("add")) == 1


def test_a_flag_is_taken_away_with_a_note(script: Script, staff: User) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.COMPLETED, charge="9")
    )
    assert order.flag_reason.startswith("overcharged")

    actions.clear_flag(order=order, note="they paid it back", by=staff)

    order = again(order)
    assert order.flagged_at is None
    event = order.events.latest("id")
    assert (event.reason, event.by) == (
        "flag taken away: they paid it back",
        staff,
    )


def test_an_unknown_order_keeps_its_flag(script: Script, staff: User) -> None:
    order = unknown(script)
    before = book(order.customer)

    with pytest.raises(SettlementError, match="no flag here"):
        actions.clear_flag(order=order, note="never mind", by=staff)

    assert_unchanged(order, before)
    assert again(order).flagged_at is not None


def test_a_flag_that_keeps_an_order_from_being_sent_is_not_taken_away(
    script: Script, staff: User
) -> None:
    order = answer(
        sending(script), AddAnswer(AddOutcome.HELD_WORDING, error="Mercury rises")
    )
    before = book(order.customer)

    with pytest.raises(SettlementError, match="no flag here"):
        actions.clear_flag(order=order, note="seen", by=staff)

    assert_unchanged(order, before)
    assert (again(order).next_at, len(script.asked("add"))) == (None, 1)
    assert SettlingButtons.fitting(again(order)) == {"retry"}


def test_taking_a_flag_away_does_not_shorten_the_lease(
    script: Script, staff: User
) -> None:
    order = unknown(script)
    first = order.attempts.get()
    actions.send_again(order=order, by=staff)
    sending(script, order)
    finding = Finding(EvidenceSource.ORDERS, Verdict.FOUND, "in the list", "77")
    accept_found(attempt=first, finding=finding)
    lease = again(order).next_at

    actions.clear_flag(order=order, note="seen", by=staff)

    order = again(order)
    assert (order.submission, order.next_at) == (Submission.SENDING, lease)
    assert order.flagged_at is None


def test_an_overcharge_takes_the_service_off_sale(script: Script) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.COMPLETED, charge="1.1")
    )

    order.service.refresh_from_db()
    assert order.service.off_reason == "overcharged"
    assert not order.service.on_sale


def test_a_charge_as_expected_leaves_it_on_sale(script: Script) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.COMPLETED, charge="1.00001")
    )

    order.service.refresh_from_db()
    assert order.service.on_sale


def test_a_held_order_that_has_funds_again_is_not_tried_twice(
    script: Script, staff: User
) -> None:
    order = answer(sending(script), NO_FUNDS)
    actions.try_again(order=order, by=staff)

    actions.sweep()
    actions.submit(order_id=order.pk)
    actions.submit(order_id=order.pk)

    assert len(script.asked("add")) == 2


# --- Upstream after all: an earlier attempt was accepted, and its answer came late ---


@pytest.mark.parametrize(
    "second",
    [
        None,
        NO_FUNDS,
        AddAnswer(AddOutcome.HELD_WORDING, error="Mercury rises"),
        TIMED_OUT,
    ],
    ids=["queued", "held", "held for its wording", "unknown"],
)
def test_staff_have_an_order_followed_as_what_its_first_attempt_has_made(
    script: Script, staff: User, audit: Audit, second: AddAnswer | None
) -> None:
    first = sending(script)
    make_due(first.order)
    actions.sweep()
    actions.send_again(order=first.order, by=staff)
    if second is not None:
        answer(sending(script, first.order), second)
    order = answer(first, accepted_as("77"))
    assert "exists" in SettlingButtons.fitting(order)

    actions.settle_as_existing(order=order, upstream_id="77", by=staff)

    assert_followed_as_77(script, order)
    assert audit() == []


@pytest.mark.parametrize(
    "settle",
    [actions.send_again, actions.refund_absent, actions.refund_at_risk],
    ids=["send again", "refund", "refund at risk"],
)
def test_nobody_says_of_it_that_it_does_not_exist(
    script: Script, staff: User, settle: Callable[..., None]
) -> None:
    first = sending(script)
    make_due(first.order)
    actions.sweep()
    actions.send_again(order=first.order, by=staff)
    answer(sending(script, first.order), TIMED_OUT)
    order = answer(first, accepted_as("77"))
    Attempt.objects.update(sent_at=Now() - timedelta(hours=73))
    before = book(order.customer)

    with pytest.raises(SettlementError, match="not unknown any more"):
        settle(order=order, by=staff)

    assert_unchanged(order, before)
    assert SettlingButtons.fitting(order) == {"exists"}


def test_an_order_whose_second_sending_was_refused_is_not_stuck(
    script: Script, staff: User, audit: Audit
) -> None:
    first = sending(script)
    make_due(first.order)
    actions.sweep()
    actions.send_again(order=first.order, by=staff)
    second = sending(script, first.order)
    answer(first, accepted_as("77"))
    order = answer(second, REFUSED)
    assert order.submission == Submission.UNKNOWN

    actions.settle_as_existing(order=order, upstream_id="77", by=staff)

    assert_followed_as_77(script, order)
    assert audit() == []


def assert_followed_as_77(script: Script, order: Order) -> None:
    """Assert that an order is, and that it costs what that one does: once."""
    order = again(order)
    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert order.flagged_at is None
    assert order.provider
    assert account_book(account=order.provider.account) == -1

    order = tracked(script, order, says(UpstreamStatus.COMPLETED, charge="0.9"))

    assert (order.status, order.refunded) == (Status.COMPLETED, 0)
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-0.9")
