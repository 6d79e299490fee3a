"""Drip-feeds and subscriptions: their parts are found, followed, and settled together."""

from collections.abc import Callable
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from ledger.models import Transfer
from ledger.queries import balance
from ledger.queries import book as account_book
from notices.models import Notice
from orders import actions
from orders.actions.delivering import apply_deliveries
from orders.actions.tracking import apply_statuses
from orders.enums import Status
from orders.models import Delivery, Order
from provider.models import Provider, Reply
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.statuses import UpstreamStatus
from tests.factories import LINK, make_customer, make_order, make_service
from tests.orders.acting import (
    EXCHANGE,
    Script,
    accepted,
    again,
    book,
    make_due,
    reasons,
    says,
    seconds_ahead,
    staff_alerts,
    told,
)
from tests.threads import together

pytestmark = pytest.mark.django_db
US = UpstreamStatus
ACTIVE = says(US.IN_PROGRESS)
DONE = says(US.COMPLETED)
NOT_THERE = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)
Rows = dict[str, StatusRow | IdError]
Audit = Callable[[], list[str]]


def drip_feed(script: Script, runs: int = 10, number: str = "70") -> Order:
    """Return an accepted order of so many runs of 100, for 0.2 each."""
    service = make_service(dripfeed=True)
    raw = {"link": LINK, "quantity": "100", "runs": str(runs), "interval": "5"}
    return accepted(script, make_order(service=service, raw=raw), number)


def subscription(script: Script, **texts: str) -> Order:
    """Return an accepted subscription: 10 posts of 50 to 100, a reserve of 2."""
    raw = {"username": "ann", "min": "50", "max": "100", "posts": "10", "delay": "0"}
    service = make_service(type="subscriptions")
    return accepted(script, make_order(service=service, raw=raw | texts), "70")


def named(status: StatusRow, *children: str, **fields: Any) -> StatusRow:
    return says(status.status, given=status.status_given, orders=children, **fields)


def children(order: Order) -> list[tuple[str, str, int | None]]:
    rows = order.deliveries.order_by("upstream_id")
    return [(row.upstream_id, row.status, row.delivered) for row in rows]


# Finding parts.


def test_the_orders_that_a_status_names_are_kept_once_and_followed(
    script: Script,
) -> None:
    order = drip_feed(script)
    rows: Rows = {"70": named(ACTIVE, "71", "72"), "71": says(US.PENDING)}

    order = told(script, order, rows)
    told(script, order, {**rows, "72": says(US.IN_PROGRESS, remains=40)})

    assert children(order) == [
        ("71", Status.PENDING, None),
        ("72", Status.IN_PROGRESS, None),
    ]
    assert all(seconds_ahead(part) > 0 for part in order.deliveries.all())
    assert order.status == Status.IN_PROGRESS


def test_parts_are_asked_about_in_the_same_call(script: Script) -> None:
    order = told(script, drip_feed(script), {"70": named(ACTIVE, "71", "72")})
    script.calls.clear()
    for row in (order, *order.deliveries.all()):
        make_due(row)

    actions.track(provider_id=order.provider_id or 0)

    (asked,) = script.asked("statuses")
    assert sorted(asked) == ["70", "71", "72"]  # type: ignore[call-overload]


def test_what_has_come_so_far_is_seen_on_the_order(script: Script) -> None:
    order = drip_feed(script)
    rows: Rows = {
        "70": named(ACTIVE, "71", "72", remains=999),
        "71": DONE,
        "72": says(US.IN_PROGRESS, remains=40),
    }
    for _ in range(2):
        order = told(script, order, rows)

    assert (order.remains, order.delivered) == (840, 160)


def test_the_numbers_of_parts_are_never_those_of_orders(script: Script) -> None:
    told(script, drip_feed(script), {"70": named(ACTIVE, "71", "72", "73")})
    make_order()

    numbers = [*Order.objects.values_list("pk"), *Delivery.objects.values_list("pk")]
    assert len(set(numbers)) == len(numbers) == 5


def test_an_order_that_is_no_drip_feed_has_no_parts(script: Script) -> None:
    order = told(script, accepted(script, None, "70"), {"70": named(ACTIVE, "71")})

    assert children(order) == []
    assert order.status == Status.IN_PROGRESS


@pytest.mark.parametrize("whose", ["order", "attempt", "part", "itself"])
def test_an_id_that_is_another_orders_is_not_taken_and_flags(
    script: Script, whose: str, audit: Audit
) -> None:
    order = drip_feed(script)
    service = order.service
    other = accepted(script, make_order(service=service), "71")
    if whose == "part":
        Delivery.objects.create(
            order=other,
            provider=other.provider,
            upstream_id="72",
            next_at="2999-01-01T00Z",
        )
    if whose == "attempt":
        # A second order upstream, which staff know of.
        other.attempts.create(
            no=2, provider=other.provider, offer=other.attempts.get().offer,
            expected_cost=1, currency="USD", fx_rate=1, lease_until=other.created_at,
            answered_at=other.created_at, outcome="refused", upstream_id="73",
        )  # fmt: skip
    name = {"order": "71", "part": "72", "attempt": "73", "itself": "70"}[whose]

    order = told(script, order, {"70": named(DONE, "75", name), "75": DONE})

    assert order.flag_reason == f"status: Completed: {name} is another order's"
    assert (order.status, order.refunded) == (Status.PENDING, 0)
    assert [child for child, *_ in children(order)] == ["75"]
    assert balance(customer=order.customer) == 98


# Settling a drip-feed.


def ending(parts: dict[str, StatusRow], status: StatusRow = DONE) -> Rows:
    return {"70": named(status, *parts), **parts}


def test_a_drip_feed_ends_when_all_its_runs_have_and_not_before(
    script: Script, audit: Audit
) -> None:
    order = drip_feed(script, runs=2)
    order = told(script, order, ending({"71": DONE, "72": ACTIVE}))
    assert (order.status, order.finished_at) == (Status.IN_PROGRESS, None)

    order = told(script, order, ending({"71": DONE, "72": DONE}))

    assert (order.status, order.refunded) == (Status.COMPLETED, 0)
    assert (order.remains, order.flagged_at) == (0, None)
    assert audit() == []


def test_the_last_run_that_ends_makes_the_order_due(script: Script) -> None:
    order = drip_feed(script, runs=2)
    order = told(script, order, ending({"71": ACTIVE, "72": ACTIVE}))
    last = [*order.deliveries.order_by("id")]
    script.statuses = {"71": DONE, "72": DONE}

    waits = []
    for part in last:
        make_due(part)
        Order.objects.filter(pk=order.pk).update(next_at="2999-01-01T00:00Z")
        actions.track(provider_id=order.provider_id or 0)
        waits.append(seconds_ahead(order) > 0)

    assert waits == [True, False]


def test_runs_that_did_not_come_are_refunded_together(
    script: Script, audit: Audit
) -> None:
    order = drip_feed(script, runs=4)
    rows = ending(
        {
            "71": says(US.COMPLETED, charge="0.1"),
            "72": says(US.PARTIAL, remains=30, charge="0.07"),
            "73": says(US.CANCELED, charge="0"),
            "74": says(US.COMPLETED, remains=-9, charge="0.1"),
        }
    )

    order = told(script, order, rows)

    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("0.26"))
    assert (order.remains, order.upstream_charge) == (130, Decimal("0.27"))
    assert balance(customer=order.customer) == Decimal("99.46")
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-0.27")
    assert Notice.objects.get(user=order.customer).subject == (
        f"Order {order.pk}: $0.26 refunded"
    )
    assert audit() == []


def test_what_never_ran_is_refunded_when_the_rest_is_canceled(
    script: Script, audit: Audit
) -> None:
    order = drip_feed(script)
    rows = ending({"71": DONE, "72": DONE}, says(US.CANCELED, charge="0.2"))

    order = told(script, order, rows)

    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("1.6"))
    assert audit() == []


def test_a_run_that_does_not_say_what_came_is_flagged_and_settled_once_it_does(
    script: Script, audit: Audit
) -> None:
    order = drip_feed(script, runs=2)
    before = book(order.customer)
    unclear = ending({"71": DONE, "72": says(US.PARTIAL)})
    for _ in range(3):
        order = told(script, order, unclear)

    assert order.flag_reason == (
        "status: Completed: 1 of its 2 orders do not say what came; "
        "from 0 to 0.2 is due back"
    )
    assert (order.status, book(order.customer)[:2]) == (Status.IN_PROGRESS, before[:2])
    assert len(staff_alerts()) == 2

    order = told(
        script, order, ending({"71": DONE, "72": says(US.PARTIAL, remains=50)})
    )

    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("0.1"))
    assert (order.flagged_at, order.flag_reason) == (None, "")
    assert audit() == []


def test_a_run_that_changes_after_the_end_settles_the_difference_once(
    script: Script, audit: Audit
) -> None:
    order = told(script, drip_feed(script, runs=2), ending({"71": DONE, "72": DONE}))
    for row in (says(US.PARTIAL, remains=50), says(US.PARTIAL, remains=50), DONE):
        order = told(script, order, ending({"71": DONE, "72": row}))

    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("0.1"))
    assert Transfer.objects.filter(kind="order:refund").count() == 1
    # That all of it came after all is said, and never booked.
    assert order.flag_reason == "its order 72: Completed: 50 came before"
    assert audit() == []


ANSWERS = [
    DONE,
    says(US.PARTIAL, remains=40),
    says(US.CANCELED),
    ACTIVE,
]


@pytest.mark.parametrize("rows", list(permutations(ANSWERS)))
def test_any_order_of_a_runs_answers_ends_with_the_same_money(
    script: Script, audit: Audit, rows: tuple[StatusRow, ...]
) -> None:
    order = drip_feed(script, runs=2)
    for row in rows:
        order = told(script, order, ending({"71": DONE, "72": row}))

    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("0.2"))
    assert audit() == []


def test_many_rounded_charges_are_no_overcharge(script: Script) -> None:
    order = drip_feed(script)
    done = says(US.COMPLETED, charge="0.10001")

    order = told(script, order, ending({str(71 + run): done for run in range(10)}))

    assert (order.status, order.flagged_at) == (Status.COMPLETED, None)
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-1.0001")


# Settling a subscription.


def test_a_subscription_goes_on_until_upstream_says_that_it_is_over(
    script: Script, audit: Audit
) -> None:
    order = subscription(script)
    charged = {"71": says(US.COMPLETED, charge="0.08")}

    order = told(script, order, ending(charged, says(US.IN_PROGRESS, given="Active")))
    assert (order.status, order.remains) == (Status.IN_PROGRESS, 920)
    order = told(script, order, ending(charged, says(US.PAUSED)))
    assert (order.status, order.is_open) == (Status.PAUSED, True)
    order = told(script, order, ending(charged))

    assert (order.status, order.refunded) == (Status.COMPLETED, Decimal("1.84"))
    assert balance(customer=order.customer) == Decimal("99.84")
    assert order.provider
    assert account_book(account=order.provider.account) == Decimal("-0.08")
    assert audit() == []


@pytest.mark.parametrize("said", [US.EXPIRED, US.CANCELED])
def test_a_subscription_that_ends_early_keeps_what_came(
    script: Script, audit: Audit, said: UpstreamStatus
) -> None:
    rows = ending(
        {
            "71": says(US.COMPLETED, charge="0.08"),
            "72": says(US.PARTIAL, charge="0.02", remains=40),
            "73": says(US.CANCELED, charge="0"),
        },
        says(said),
    )

    order = told(script, subscription(script), rows)

    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("1.8"))
    assert audit() == []


def test_a_subscription_that_brought_nothing_is_canceled(
    script: Script, audit: Audit
) -> None:
    order = told(script, subscription(script), {"70": says(US.EXPIRED)})

    assert (order.status, order.refunded) == (Status.CANCELED, 2)
    assert balance(customer=order.customer) == 100
    assert audit() == []


def test_a_post_whose_charge_fits_no_number_is_left_to_staff(
    script: Script, audit: Audit
) -> None:
    order = subscription(script)
    rows = ending({"71": DONE, "72": says(US.COMPLETED, charge="0.08")})

    order = told(script, order, rows)

    assert order.flag_reason == (
        "status: Completed: 1 of its 2 orders do not say what came; "
        "from 1.64 to 1.84 is due back"
    )
    assert (order.status, order.refunded) == (Status.IN_PROGRESS, 0)
    assert audit() == []


# What goes wrong with a part.


def test_a_part_that_is_not_answered_flags_its_order_in_the_end(
    script: Script,
) -> None:
    order = told(script, drip_feed(script), {"70": named(ACTIVE, "71")})
    part = order.deliveries.get()
    for misses in range(part.misses + 1, 8):
        script.statuses = {"70": named(ACTIVE, "71"), "71": NOT_THERE}
        make_due(part)
        make_due(order)
        actions.track(provider_id=order.provider_id or 0)
        part.refresh_from_db()
        assert part.misses == misses
        assert (again(order).flagged_at is not None) == (misses >= 5)

    order = again(order)
    assert order.flag_reason == "its order 71: no answer: Incorrect order ID"
    assert (part.status, order.status) == (Status.PENDING, Status.IN_PROGRESS)
    assert seconds_ahead(part) > 800
    assert len(staff_alerts()) == 1

    order = told(script, order, {"70": named(ACTIVE, "71"), "71": ACTIVE})
    assert (order.flagged_at, order.flag_reason) == (None, "")


def test_a_word_that_is_not_known_flags_the_order_and_changes_nothing(
    script: Script,
) -> None:
    order = told(script, drip_feed(script), {"70": named(ACTIVE, "71"), "71": ACTIVE})
    before = book(order.customer)
    for _ in range(2):
        order = told(script, order, {"70": named(ACTIVE, "71"), "71": says(None)})

    assert order.flag_reason == "its order 71: Sideways: a word that is not known"
    assert reasons(order)[-1] == order.flag_reason
    assert children(order) == [("71", Status.IN_PROGRESS, None)]
    assert book(order.customer)[:2] == before[:2]


def test_a_flag_about_something_else_is_not_hidden(script: Script) -> None:
    order = told(script, drip_feed(script), {"70": named(ACTIVE, "71"), "71": ACTIVE})
    Order.objects.update(flagged_at=order.created_at, flag_reason="odd")

    for row in (says(None), ACTIVE):
        order = told(script, order, {"70": named(ACTIVE, "71"), "71": row})
        assert order.flag_reason == "odd"


def test_an_ended_part_that_its_provider_forgot_is_not_flagged(script: Script) -> None:
    order = told(script, drip_feed(script, runs=1), ending({"71": DONE}))
    for _ in range(7):
        order = told(script, order, {"70": DONE})

    assert (order.status, order.flagged_at) == (Status.COMPLETED, None)


def test_answers_about_parts_that_change_nothing_keep_no_reply(script: Script) -> None:
    order = told(script, drip_feed(script), {"70": named(ACTIVE, "71"), "71": ACTIVE})
    replies = Reply.objects.count()

    told(script, order, {"70": named(ACTIVE, "71"), "71": ACTIVE})

    assert Reply.objects.count() == replies


def test_a_poison_part_does_not_block_the_others(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = told(script, drip_feed(script), {"70": named(ACTIVE, "71", "72")})
    Delivery.objects.update(misses=0)
    parts = list(order.deliveries.order_by("upstream_id"))
    # A start count that the reader let through, and no column takes.
    monkeypatch.setattr("orders.actions.delivering.bigint", lambda value: value)
    poison = StatusRow(US.COMPLETED, "Completed", start_count=2**70)
    for _ in range(5):
        for part in parts:
            make_due(part)
        apply_deliveries(
            provider=Provider.objects.get(),
            deliveries=parts,
            answers={"71": poison, "72": DONE},
            exchange=EXCHANGE,
        )

    assert children(order) == [
        ("71", Status.PENDING, None),
        ("72", Status.COMPLETED, 100),
    ]
    assert again(order).flag_reason == "its order 71: 5 times not applied"
    assert seconds_ahead(parts[0]) > 800


# Many hands at once.


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rings")
def test_trackers_that_apply_the_same_ends_settle_once(
    script: Script, audit: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    order = told(script, drip_feed(script, 3), {"70": named(ACTIVE, "71", "72", "73")})
    provider = Provider.objects.get()
    half = says(US.PARTIAL, remains=50, charge="0.05")
    rows = ending({"71": half, "72": half, "73": says(US.CANCELED, charge="0")})
    parts = list(order.deliveries.all())

    def apply() -> None:
        apply_deliveries(
            provider=provider, deliveries=parts, answers=rows, exchange=EXCHANGE
        )
        apply_statuses(
            provider=provider, orders=[order], answers=rows, exchange=EXCHANGE
        )

    together(*[apply] * 6)

    order = again(order)
    assert (order.status, order.refunded) == (Status.PARTIAL, Decimal("0.4"))
    assert Transfer.objects.filter(kind="order:refund").count() == 1
    assert account_book(account=provider.account) == Decimal("-0.1")
    assert Notice.objects.filter(user=order.customer).count() == 1
    assert "row by row" not in caplog.text
    assert audit() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rings")
def test_trackers_that_find_the_same_parts_keep_each_once(
    script: Script, audit: Audit
) -> None:
    service = make_service(dripfeed=True)
    customer = make_customer(credit="100")
    raw = {"link": LINK, "quantity": "100", "runs": "8", "interval": "5"}
    orders = [
        accepted(script, make_order(customer, service, raw), str(number))
        for number in (1, 2, 3)
    ]
    provider = Provider.objects.get()
    answers: Rows = {
        str(number): named(ACTIVE, *(f"{number}{run}" for run in range(8)))
        for number in (3, 1, 2)
    }

    def apply() -> None:
        apply_statuses(
            provider=provider, orders=orders, answers=answers, exchange=EXCHANGE
        )

    together(*[apply] * 6)

    assert [order.deliveries.count() for order in orders] == [8, 8, 8]
    assert not Order.objects.filter(flagged_at__isnull=False).exists()
    assert audit() == []
