"""What an upstream status means: pure reading, row by row of the protocol's table."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.changes import LASTING, Change
from orders.enums import STATUS_MOVES, Status, Submission
from orders.models import Order
from orders.settlement import UNCLEAR, charge_of, read
from provider.models import Provider
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.statuses import UpstreamStatus
from shop.money import due, has_places
from tests.orders.acting import says

STEP = Decimal("0.00001")


def an_order(**fields: object) -> Order:
    values: dict[str, object] = {
        "pk": 81,
        "type": "default",
        "units": 1000,
        "charge": Decimal("2"),
        "status": Status.IN_PROGRESS,
        "submission": Submission.ACCEPTED,
        "upstream_id": "77",
        "provider": Provider(pk=1, name="One", currency="USD"),
        **fields,
    }
    return Order(**values)


def change(order: Order, row: StatusRow | IdError | None) -> Change:
    return read(order, row, wait=30)


@pytest.mark.parametrize(
    ("upstream", "ours"),
    [
        (UpstreamStatus.PENDING, Status.PENDING),
        (UpstreamStatus.PROCESSING, Status.PROCESSING),
        (UpstreamStatus.IN_PROGRESS, Status.IN_PROGRESS),
        (UpstreamStatus.PAUSED, Status.PAUSED),
    ],
)
def test_an_open_status_moves_no_money_and_is_asked_again(
    upstream: UpstreamStatus, ours: Status
) -> None:
    found = change(an_order(), says(upstream))

    assert (found.status, found.refunded) == (ours, None)
    assert (found.wait, found.done_waiting) == (30, False)


def test_completed_ends_without_a_refund() -> None:
    found = change(an_order(), says(UpstreamStatus.COMPLETED))

    assert (found.status, found.refunded) == (Status.COMPLETED, None)
    assert found.done_waiting


@pytest.mark.parametrize("charge", [None, "0", "1"])
def test_canceled_refunds_everything_whatever_upstream_charged(
    charge: str | None,
) -> None:
    found = change(an_order(), says(UpstreamStatus.CANCELED, charge=charge))

    assert (found.status, found.refunded) == (Status.CANCELED, Decimal(2))


@pytest.mark.parametrize("charge", [None, "0", "0.00"])
def test_failed_refunds_everything_where_upstream_charged_nothing(
    charge: str | None,
) -> None:
    found = change(an_order(), says(UpstreamStatus.FAILED, charge=charge))

    assert (found.status, found.refunded) == (Status.FAILED, Decimal(2))


@pytest.mark.parametrize("charge", ["0.01", "?"])
def test_failed_but_charged_is_flagged(charge: str) -> None:
    found = change(an_order(), says(UpstreamStatus.FAILED, charge=charge))

    assert (found.status, found.refunded) == (None, None)
    assert found.flag == "status: Failed: failed, but charged"


@pytest.mark.parametrize(
    ("remains", "back"),
    [(0, "0"), (1, "0.002"), (500, "1"), (1000, "2")],
)
def test_partial_refunds_by_what_remains(remains: int, back: str) -> None:
    found = change(an_order(), says(UpstreamStatus.PARTIAL, remains=remains))

    assert (found.status, found.refunded) == (Status.PARTIAL, Decimal(back))


@pytest.mark.parametrize(
    "remains", [None, -5, 1001, 10**12, "", "abc", "Unknown", "3.5"]
)
def test_remains_that_cannot_be_right_are_flagged_and_not_guessed(
    remains: int | str | None,
) -> None:
    found = change(an_order(), says(UpstreamStatus.PARTIAL, remains=remains))

    assert (found.status, found.refunded) == (None, None)
    assert found.flag
    assert found.flag.startswith("status: Partial: remains ")
    assert found.wait


def test_a_package_that_came_in_parts_is_flagged() -> None:
    package = an_order(type="package", units=1)

    assert change(package, says(UpstreamStatus.PARTIAL, remains=40)).flag
    assert change(package, says(UpstreamStatus.PARTIAL, remains=1)).refunded == 2


def test_an_order_that_expired_settles_what_was_delivered() -> None:
    found = change(an_order(), says(UpstreamStatus.EXPIRED, remains=500))

    assert (found.status, found.refunded) == (Status.PARTIAL, Decimal(1))


def test_an_order_that_expired_with_nothing_delivered_is_canceled() -> None:
    found = change(an_order(), says(UpstreamStatus.EXPIRED, remains=1000))

    assert (found.status, found.refunded) == (Status.CANCELED, Decimal(2))


def test_an_order_that_expired_without_a_word_of_what_came_is_flagged() -> None:
    found = change(an_order(), says(UpstreamStatus.EXPIRED))

    assert found.status is None
    assert found.flag == "status: Expired: remains 'missing'"


def test_less_remaining_than_was_refunded_is_flagged() -> None:
    order = an_order(status=Status.PARTIAL, refunded=Decimal(1))

    found = change(order, says(UpstreamStatus.PARTIAL, remains=400))

    assert found.refunded is None
    assert found.flag == "status: Partial: 1 was refunded, 0.8 is due"


def test_a_contradiction_of_an_ended_order_is_flagged_and_read_on_as_long_as_others() -> (
    None
):
    order = an_order(status=Status.CANCELED, refunded=Decimal(2))

    found = change(order, says(UpstreamStatus.COMPLETED))

    assert (found.status, found.wait, found.done_waiting) == (None, None, True)
    assert found.flag == "status: Completed: it was canceled before"
    later = read(order, says(UpstreamStatus.COMPLETED), wait=30, reread=7200)
    assert (later.wait, later.done_waiting) == (7200, False)


def test_the_same_finding_again_is_no_news() -> None:
    order = an_order(flag_reason="status: Sideways: a word that is not known")

    assert change(order, says(None)).flag is None


@pytest.mark.parametrize("lasting", LASTING)
def test_an_unclear_status_does_not_hide_a_lasting_flag(lasting: str) -> None:
    assert change(an_order(flag_reason=f"{lasting}x"), says(None)).flag is None


def test_a_clear_status_takes_only_flags_about_statuses_away() -> None:
    unclear = an_order(flag_reason=f"{UNCLEAR}5 times no answer")
    other = an_order(flag_reason="something else")
    row = says(UpstreamStatus.IN_PROGRESS)

    assert change(unclear, row).flag == ""
    assert change(other, row).flag is None


def test_a_missing_order_is_asked_again_and_told_after_five_times() -> None:
    error = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)

    assert change(an_order(misses=0), None).flag is None
    assert change(an_order(misses=4), error).flag == (
        "status: 5 times no answer: Incorrect order ID"
    )
    assert change(an_order(misses=5), error).flag is None
    assert change(an_order(misses=40_000), error).misses == 30_000


@pytest.mark.parametrize(
    ("charge", "currency", "read_as"),
    [
        ("1.5", None, Decimal("1.5")),
        ("1.5", "USD", Decimal("1.5")),
        ("1.5", "EUR", None),
        ("-1", None, None),
        ("1e10", None, None),
        (None, None, None),
    ],
)
def test_a_charge_counts_where_it_is_in_the_providers_currency(
    charge: str | None, currency: str | None, read_as: Decimal | None
) -> None:
    row = says(UpstreamStatus.COMPLETED, charge=charge, currency=currency)

    assert charge_of(an_order(), row) == read_as


def test_an_order_without_a_provider_was_charged_nothing() -> None:
    row = says(UpstreamStatus.COMPLETED, charge="1")

    assert charge_of(an_order(provider=None), row) is None


def test_numbers_too_great_for_the_database_are_left_out() -> None:
    row = StatusRow(
        UpstreamStatus.IN_PROGRESS, "In progress", start_count=2**63, remains=-(2**63)
    )

    found = change(an_order(), row)

    assert (found.start_count, found.remains) == (None, None)


units = st.integers(1, 10_000_000)
charges = st.decimals("0.00001", "1000000", places=5)
remaining = st.one_of(
    st.none(), st.integers(-10, 10**12), st.sampled_from(["", "abc", "3.5", "Unknown"])
)
rows = st.builds(
    says,
    st.one_of(st.none(), st.sampled_from(UpstreamStatus)),
    charge=st.sampled_from([None, "0", "1.23", "?", "-1"]),
    remains=remaining,
)


@given(charges, units, st.data())
def test_a_refund_is_never_above_the_charge_nor_below_zero(
    charge: Decimal, units: int, data: st.DataObject
) -> None:
    remains = data.draw(st.integers(0, units))

    back = due(charge, units, remains)

    assert 0 <= back <= charge
    assert has_places(back, 8)
    assert due(charge, units, 0) == 0
    assert due(charge, units, units) == charge
    # What is kept covers what came, and not a step more.
    fair = charge * (units - remains) / units
    assert 0 <= charge - back - fair + STEP / 10**5 <= STEP * 2


@given(charges, units, st.data())
def test_more_remaining_never_refunds_less(
    charge: Decimal, units: int, data: st.DataObject
) -> None:
    less, more = sorted(data.draw(st.tuples(*[st.integers(0, units)] * 2)))

    assert due(charge, units, less) <= due(charge, units, more)


def follow(order: Order, found: Change) -> None:
    """Apply a change as the database does, for what matters to money."""
    if found.status is not None and found.status != order.status:
        assert found.status in STATUS_MOVES[Status(order.status)]
        order.status = found.status
    if found.refunded is not None:
        assert found.refunded >= order.refunded
        order.refunded = found.refunded
    if found.flag is not None:
        order.flag_reason = found.flag
    order.misses = found.misses


@given(charges, units, st.lists(rows, max_size=8))
def test_whatever_a_provider_says_refunds_only_grow_up_to_the_charge(
    charge: Decimal, units: int, replies: list[StatusRow]
) -> None:
    order = an_order(charge=charge, units=units)
    for row in replies:
        follow(order, change(order, row))

        assert 0 <= order.refunded <= order.charge
        if order.status in {Status.CANCELED, Status.FAILED}:
            assert order.refunded == order.charge


@settings(max_examples=50)
@given(charges, units, st.data())
def test_any_order_of_partial_replies_ends_with_the_same_refund(
    charge: Decimal, units: int, data: st.DataObject
) -> None:
    remains = data.draw(st.lists(st.integers(0, units), min_size=1, max_size=4))
    ends = set()
    for replies in permutations(remains):
        order = an_order(charge=charge, units=units)
        for number in replies:
            follow(order, change(order, says(UpstreamStatus.PARTIAL, remains=number)))
        ends.add(order.refunded)

    assert ends == {due(charge, units, max(remains))}
