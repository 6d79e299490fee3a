"""Following accepted orders: who is asked about, and what an answer does to a set."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.conf import settings
from django.db.models.functions import Now
from pytest_django import Settings

from ledger.models import Transfer
from ledger.queries import balance
from ledger.queries import book as account_book
from notices.models import Notice
from orders import actions
from orders.actions.tracking import apply_statuses
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import Status, Submission
from orders.models import Order
from provider.models import Provider, Reply
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import IdError
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order, make_provider, make_service
from tests.orders.acting import (
    EXCHANGE,
    Script,
    accepted,
    again,
    book,
    call_failed,
    completed,
    make_due,
    reasons,
    says,
    seconds_ahead,
    sending,
    staff_alerts,
    tracked,
)

pytestmark = pytest.mark.django_db

COMPLETED = says(UpstreamStatus.COMPLETED, charge="1")
CANCELED = says(UpstreamStatus.CANCELED, charge="0")
IN_PROGRESS = says(UpstreamStatus.IN_PROGRESS, charge="1", remains=900)
HALF = says(UpstreamStatus.PARTIAL, charge="0.5", remains=500)
MOST = says(UpstreamStatus.PARTIAL, charge="0.9", remains=100)
FAILED = says(UpstreamStatus.FAILED, charge="0")
NOT_THERE = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)


def several(script: Script, many: int) -> list[Order]:
    """Return accepted orders of one provider, all due."""
    service = make_service()
    customer = make_customer(credit="1000")
    orders = [accepted(script, make_order(customer, service)) for _ in range(many)]
    for order in orders:
        make_due(order)
    return orders


def ids(orders: Sequence[Order]) -> list[str]:
    return [order.upstream_id or "" for order in orders]


def test_an_order_moves_as_its_provider_says(script: Script) -> None:
    order = tracked(script, accepted(script), IN_PROGRESS)

    assert order.status == Status.IN_PROGRESS
    assert (order.remains, order.upstream_charge) == (900, 1)
    assert 0 < seconds_ahead(order) <= 30
    assert reasons(order)[-1] == "upstream says In_Progress"
    assert order.events.latest("id").reply is not None


def test_an_answer_that_says_nothing_new_leaves_no_event_and_no_reply(
    script: Script,
) -> None:
    order = tracked(script, accepted(script), IN_PROGRESS)
    before = book(order.customer)

    order = tracked(script, order, IN_PROGRESS)

    assert book(order.customer) == before
    assert seconds_ahead(order) > 0


def test_a_completed_order_is_read_again_in_an_hour(script: Script) -> None:
    order = completed(script)

    assert order.status == Status.COMPLETED
    assert 3500 < seconds_ahead(order) <= 3600
    assert order.finished_at is not None
    assert not Notice.objects.filter(user=order.customer).exists()


def test_a_partial_order_refunds_what_did_not_come_and_tells(script: Script) -> None:
    order = tracked(script, accepted(script), HALF)

    assert (order.status, order.refunded) == (Status.PARTIAL, 1)
    assert balance(customer=order.customer) == 99
    assert Notice.objects.get(user=order.customer).subject == (
        f"Order {order.pk}: $1.00 refunded"
    )


def test_only_due_orders_make_a_call_and_those_due_soon_ride_along(
    script: Script, settings: Settings
) -> None:
    due, soon, later = several(script, 3)
    half = settings.TRACK_INTERVAL / 2
    Order.objects.filter(pk=soon.pk).update(next_at=Now() + timedelta(seconds=half - 2))
    Order.objects.filter(pk=later.pk).update(
        next_at=Now() + timedelta(seconds=half + 5)
    )

    assert actions.track(provider_id=due.provider_id or 0) == 2

    assert script.asked("statuses") == [ids([due, soon])]


def test_nothing_due_makes_no_call(script: Script) -> None:
    order = accepted(script)

    assert actions.track(provider_id=order.provider_id or 0) == 0

    assert script.asked("statuses") == []


def test_a_provider_that_does_not_exist_is_not_asked(script: Script) -> None:
    assert actions.track(provider_id=999_999_999) == 0


def test_a_call_holds_no_more_than_the_batch_and_the_longest_due_go_first(
    script: Script,
) -> None:
    orders = several(script, 3)
    Provider.objects.update(batch_size=2)
    Order.objects.filter(pk=orders[2].pk).update(next_at="2000-01-01T00:00Z")

    actions.track(provider_id=orders[0].provider_id or 0)

    (asked,) = script.asked("statuses")
    assert asked in [ids([orders[2], other]) for other in orders[:2]]


def test_the_rate_limit_is_kept(script: Script) -> None:
    (order,) = several(script, 1)
    Provider.objects.update(next_call_at="2999-01-01T00:00Z")

    assert actions.track(provider_id=order.provider_id or 0) == 0

    assert script.asked("statuses") == []
    assert seconds_ahead(order) < 0


@pytest.mark.parametrize(
    "provider",
    [{"active": False}, {"paused_at": Now(), "pause_reason": "no funds"}],
    ids=["inactive", "paused"],
)
def test_a_provider_that_takes_no_orders_still_finishes_what_it_sold(
    script: Script, provider: dict[str, object]
) -> None:
    order = accepted(script)
    Provider.objects.update(**provider)

    order = tracked(script, order, CANCELED)

    assert order.status == Status.CANCELED
    assert balance(customer=order.customer) == 100


def test_a_failed_call_changes_nothing_but_when_we_ask_again(script: Script) -> None:
    orders = several(script, 2)
    before = book(orders[0].customer)
    script.failure = lambda ids: call_failed("html")

    assert actions.track(provider_id=orders[0].provider_id or 0) == 0

    after = [again(order) for order in orders]
    assert [order.status for order in after] == [Status.PENDING] * 2
    assert all(seconds_ahead(order) > 0 for order in orders)
    assert book(orders[0].customer)[:3] == before[:3]
    assert staff_alerts() == [f"{after[0].provider}: It failed: html"]


def test_a_failed_call_is_told_once_a_day(script: Script) -> None:
    order = accepted(script)
    script.failure = lambda ids: call_failed()

    for _ in range(3):
        tracked(script, order, None)

    assert len(staff_alerts()) == 1


def test_retry_after_keeps_the_provider_quiet(script: Script) -> None:
    (order,) = several(script, 1)
    script.failure = lambda ids: call_failed("rate_limited", retry_after=600)
    actions.track(provider_id=order.provider_id or 0)
    make_due(order)

    assert actions.track(provider_id=order.provider_id or 0) == 0

    assert len(script.asked("statuses")) == 1


def test_a_failed_call_does_not_wake_an_order_that_ended_meanwhile(
    script: Script,
) -> None:
    (order,) = several(script, 1)

    def end_meanwhile(ids: Sequence[str]) -> Exception:
        transition(
            [
                Change(
                    order_id=order.pk,
                    status=Status.COMPLETED,
                    reason="",
                    done_waiting=True,
                )
            ]
        )
        return call_failed()

    script.failure = end_meanwhile
    actions.track(provider_id=order.provider_id or 0)

    assert again(order).next_at is None


def test_one_id_that_spoils_a_call_does_not_block_the_others(script: Script) -> None:
    orders = several(script, 5)
    bad = orders[3].upstream_id
    script.statuses = dict.fromkeys(ids(orders), COMPLETED)
    script.failure = lambda ids: (
        call_failed("error:unknown_id") if bad in ids and len(ids) > 1 else None
    )
    script.statuses[bad or ""] = NOT_THERE

    assert actions.track(provider_id=orders[0].provider_id or 0) == 5

    states = [again(order).status for order in orders]
    assert states.count(Status.COMPLETED) == 4
    assert again(orders[3]).status == Status.PENDING
    assert again(orders[3]).misses == 1


def test_an_error_about_the_call_is_not_asked_again_in_halves(script: Script) -> None:
    orders = several(script, 2)
    script.failure = lambda ids: call_failed("error:provider_down")

    actions.track(provider_id=orders[0].provider_id or 0)

    assert len(script.asked("statuses")) == 1


def test_an_id_that_is_left_out_is_asked_about_again_and_then_flagged(
    script: Script, settings: Settings
) -> None:
    order = accepted(script)
    for misses in range(1, 8):
        order = tracked(script, order, None if misses % 2 else NOT_THERE)
        assert order.misses == misses
        assert (order.flagged_at is not None) == (misses >= 5)

    assert order.status == Status.PENDING
    assert order.flag_reason == "status: 5 times no answer: left out of the reply"
    assert seconds_ahead(order) > settings.TRACK_INTERVAL_MAX - 5
    assert len(staff_alerts()) == 1


def test_a_clear_answer_takes_such_a_flag_away(script: Script) -> None:
    order = accepted(script)
    Order.objects.filter(pk=order.pk).update(misses=4)
    order = tracked(script, order, None)
    assert order.flagged_at

    order = tracked(script, order, IN_PROGRESS)

    assert (order.flagged_at, order.flag_reason, order.misses) == (None, "", 0)


def test_a_word_that_is_not_known_is_flagged_once_and_changes_nothing(
    script: Script,
) -> None:
    order = accepted(script)
    before = book(order.customer)
    for _ in range(3):
        order = tracked(script, order, says(None))

    assert order.status == Status.PENDING
    assert order.flag_reason == "status: Sideways: a word that is not known"
    assert order.next_at is not None
    assert book(order.customer)[:2] == before[:2]
    assert len(reasons(order)) == 4
    assert len(staff_alerts()) == 1


def test_a_lasting_flag_survives_unclear_and_clear_answers(script: Script) -> None:
    order = accepted(script)
    flag = "two upstream orders: 5 is also ours"
    transition([Change(order_id=order.pk, reason=flag, flag=flag)])
    for row in (says(None), IN_PROGRESS, says(None), HALF):
        order = tracked(script, order, row)

    assert order.status == Status.PARTIAL
    assert order.flag_reason == flag
    assert order.flagged_at is not None


def test_what_a_provider_charges_beyond_is_booked_and_flagged(script: Script) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.COMPLETED, charge="1.5")
    )

    assert order.status == Status.COMPLETED
    assert order.flag_reason == "overcharged: 0.5 USD more than expected"
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-1.5")
    assert staff_alerts() == [f"Order {order.pk}: {order.flag_reason}"]


def test_a_fifth_decimal_is_rounding_and_no_overcharge(script: Script) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.COMPLETED, charge="1.00001")
    )

    assert order.flagged_at is None
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-1.00001")


def test_a_charge_below_the_expected_cost_is_given_back_to_the_book(
    script: Script,
) -> None:
    order = tracked(script, accepted(script), HALF)

    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-0.5")


def test_a_charge_in_another_currency_is_not_booked(script: Script) -> None:
    row = says(UpstreamStatus.COMPLETED, charge="1500", currency="KRW")

    order = tracked(script, accepted(script), row)

    assert order.upstream_charge is None
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal(-1)


def test_an_order_that_changes_after_its_end_settles_both_differences(
    script: Script, audit: Callable[[], list[str]]
) -> None:
    order = accepted(script)
    for row in (says(UpstreamStatus.COMPLETED, charge="0.9"), HALF, CANCELED):
        order = tracked(script, order, row)

    assert order.status == Status.CANCELED
    assert balance(customer=order.customer) == 100
    assert order.provider
    assert account_book(account=order.provider.account) == 0
    assert Notice.objects.filter(user=order.customer).count() == 2
    assert audit() == []


@pytest.mark.parametrize(
    "row", [COMPLETED, IN_PROGRESS, HALF], ids=lambda row: row.status
)
def test_a_provider_that_takes_a_cancel_back_is_flagged_and_nothing_moves(
    script: Script, row: object
) -> None:
    order = tracked(script, accepted(script), CANCELED)

    order = tracked(script, order, row)  # type: ignore[arg-type]

    assert (order.status, order.refunded) == (Status.CANCELED, order.charge)
    assert order.flag_reason.startswith("status: ")
    assert seconds_ahead(order) > 3500
    assert balance(customer=order.customer) == 100


@pytest.mark.parametrize(
    "rows",
    [
        *permutations([COMPLETED, HALF, CANCELED, IN_PROGRESS]),
        *permutations([COMPLETED, HALF, CANCELED, FAILED]),
        *permutations([MOST, HALF, CANCELED, COMPLETED]),
    ],
    ids=lambda rows: "-".join(row.status[:4] for row in rows),
)
def test_any_order_of_replies_ends_with_the_same_money(
    script: Script, audit: Callable[[], list[str]], rows: tuple[object, ...]
) -> None:
    order = accepted(script)
    for row in rows:
        order = tracked(script, order, row)  # type: ignore[arg-type]

    assert order.refunded == order.charge
    assert order.status in {Status.CANCELED, Status.FAILED}
    assert balance(customer=order.customer) == 100
    assert order.provider
    assert account_book(account=order.provider.account) == 0
    assert audit() == []


def test_an_ended_order_is_read_ever_more_rarely_and_then_no_more(
    script: Script,
) -> None:
    order = completed(script)
    hours = []
    for days in (0, 1, 5, 7):
        Order.objects.filter(pk=order.pk).update(finished_at=Now() - timedelta(days))
        order = tracked(script, again(order), COMPLETED)
        hours.append(order.next_at and round(seconds_ahead(order) / 3600))

    assert hours == [1, 24, 24, None]


def test_without_days_to_read_again_an_ended_order_is_done(
    script: Script, settings: Settings
) -> None:
    settings.REREAD_DAYS = 0

    assert completed(script).next_at is None


def test_an_ended_order_that_its_provider_forgot_is_not_flagged(
    script: Script,
) -> None:
    order = completed(script)
    before = book(order.customer)
    for row in (None, NOT_THERE) * 4:
        order = tracked(script, order, row)

    assert (order.status, order.flagged_at) == (Status.COMPLETED, None)
    assert seconds_ahead(order) > 3500
    assert book(order.customer) == before


def test_more_that_came_after_a_partial_end_is_flagged_and_never_booked(
    script: Script, audit: Callable[[], list[str]]
) -> None:
    order = tracked(script, accepted(script), HALF)

    order = tracked(script, order, MOST)

    assert (order.status, order.refunded) == (Status.PARTIAL, 1)
    assert order.flag_reason == "status: Partial: 1 was refunded, 0.2 is due"
    assert balance(customer=order.customer) == 99
    assert audit() == []


def test_a_poison_row_does_not_block_the_others_and_ends_with_staff(
    script: Script,
) -> None:
    bad, good = several(script, 2)
    before = balance(customer=bad.customer)
    # More would go back than the ledger knows to have been charged.
    Order.objects.filter(pk=bad.pk).update(charge=bad.charge + 1)
    for _ in range(6):
        script.statuses = dict.fromkeys(ids([bad, good]), CANCELED)
        make_due(bad)
        actions.track(provider_id=bad.provider_id or 0)

    assert again(good).status == Status.CANCELED
    bad = again(bad)
    assert (bad.status, bad.refunded, bad.errors) == (Status.PENDING, 0, 6)
    assert bad.flag_reason == "status: 5 times not applied"
    assert seconds_ahead(bad) > 800
    assert staff_alerts() == [f"Order {bad.pk}: status: 5 times not applied"]
    assert balance(customer=bad.customer) == before + good.charge


def test_a_batch_whose_handling_fails_is_put_off_and_blocks_no_other(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = several(script, 2)
    Order.objects.filter(pk=first.pk).update(next_at="2000-01-01T00:00Z")
    Provider.objects.update(batch_size=1)

    def fail(**_arguments: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("orders.actions.tracking.apply_statuses", fail)
        script.statuses = {ids([first])[0]: COMPLETED}
        with pytest.raises(RuntimeError):
            actions.track(provider_id=first.provider_id or 0)
    first = again(first)
    assert (first.status, first.misses, first.errors) == (Status.PENDING, 0, 0)
    assert 50 < seconds_ahead(first) <= settings.ATTEMPT_LEASE

    script.statuses = {ids([second])[0]: COMPLETED}
    actions.track(provider_id=first.provider_id or 0)
    assert again(second).status == Status.COMPLETED


def test_an_answer_that_is_out_of_date_is_asked_for_again(script: Script) -> None:
    seen = accepted(script)
    order = tracked(script, seen, COMPLETED)

    apply_statuses(
        provider=Provider.objects.get(),
        orders=[seen],
        answers={seen.upstream_id or "": IN_PROGRESS},
        exchange=EXCHANGE,
    )

    assert again(order).status == Status.COMPLETED
    order = tracked(script, order, COMPLETED)
    assert (order.flagged_at, order.errors) == (None, 0)


def test_an_answer_for_another_order_changes_only_that_one(script: Script) -> None:
    asked, other = (accepted(script, upstream_id=number) for number in ("7", "8"))
    script.statuses = {"7": COMPLETED, "8": CANCELED}
    make_due(asked)

    actions.track(provider_id=asked.provider_id or 0)

    assert again(asked).status == Status.COMPLETED
    assert again(other).status == Status.PENDING


def test_equal_ids_of_two_providers_are_kept_apart(script: Script) -> None:
    orders = [accepted(script, upstream_id="1001") for _ in range(2)]

    tracked(script, orders[0], COMPLETED)

    assert again(orders[1]).status == Status.PENDING


def test_an_order_that_is_not_accepted_is_never_asked_about(script: Script) -> None:
    attempt = sending(script)
    make_due(attempt.order)

    assert actions.track(provider_id=attempt.provider_id) == 0


def test_a_set_is_applied_with_one_reply_and_few_transfers(script: Script) -> None:
    orders = several(script, 3)
    replies = Reply.objects.count()
    script.statuses = dict.fromkeys(ids(orders), CANCELED)

    assert actions.track(provider_id=orders[0].provider_id or 0) == 3

    assert Reply.objects.count() == replies + 1
    assert Transfer.objects.filter(kind="order:refund").count() == 3
    assert {again(order).submission for order in orders} == {Submission.ACCEPTED}


def test_another_providers_trouble_is_not_ours(script: Script) -> None:
    make_provider()
    order = tracked(script, accepted(script), COMPLETED)

    assert order.status == Status.COMPLETED


@pytest.mark.parametrize("charge", ["0.4", "1.5"])
def test_a_charge_that_is_named_only_after_the_end_is_settled_once(
    script: Script, charge: str, audit: Callable[[], list[str]]
) -> None:
    order = tracked(script, accepted(script), says(UpstreamStatus.COMPLETED))
    assert order.provider
    assert account_book(account=order.provider.account) == -1

    for _ in range(2):
        order = tracked(script, order, says(UpstreamStatus.COMPLETED, charge=charge))

    assert order.provider
    assert account_book(account=order.provider.account) == -Decimal(charge)
    is_more = Decimal(charge) > 1
    assert order.flag_reason == (
        "overcharged: 0.5 USD more than expected" if is_more else ""
    )
    order.service.refresh_from_db()
    assert order.service.on_sale is not is_more
    assert audit() == []


def test_a_partial_whose_charge_is_lowered_later_is_settled_and_told_of_once(
    script: Script,
) -> None:
    order = tracked(
        script, accepted(script), says(UpstreamStatus.PARTIAL, charge="1", remains=500)
    )
    told = Notice.objects.filter(user=order.customer).count()

    order = tracked(script, order, HALF)

    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-0.5")
    assert (order.refunded, told) == (1, 1)
    assert Notice.objects.filter(user=order.customer).count() == 1
