"""What came of orders that upstream delivers in parts: pure reading."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.delivered import Finding, Parts, read_part
from orders.enums import Status, Submission
from orders.models import Delivery, Order
from orders.settlement import read
from provider.models import Provider
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import IdError, StatusRow
from provider.protocol.statuses import UpstreamStatus
from shop.money import due
from tests.orders.acting import says

US = UpstreamStatus
COST = Decimal("0.001")


def an_order(**fields: object) -> Order:
    values: dict[str, object] = {
        "pk": 81,
        "type": "default",
        "quantity": 100,
        "runs": 10,
        "interval": 5,
        "units": 1000,
        "charge": Decimal(2),
        "status": Status.IN_PROGRESS,
        "submission": Submission.ACCEPTED,
        "upstream_id": "77",
        "provider": Provider(pk=1, name="One", currency="USD"),
        **fields,
    }
    return Order(**values)


def a_subscription(least: int = 50, most: int = 100, **fields: object) -> Order:
    wanted = {"username": "ann", "min": str(least), "max": str(most), "posts": "10"}
    values = {
        "type": "subscriptions",
        "fields": wanted,
        "units": most * 10,
        "quantity": None,
        "runs": None,
        "interval": None,
        **fields,
    }
    return an_order(**values)


def a_part(**fields: object) -> Delivery:
    return Delivery(upstream_id="7", status=Status.PENDING, **fields)


def part(row: StatusRow | IdError | None, order: Order | None = None) -> Finding:
    return read_part(a_part(), order or an_order(), row, unit_cost=COST)


# One run of a drip-feed.


@pytest.mark.parametrize(
    ("row", "status", "came"),
    [
        (says(US.COMPLETED), Status.COMPLETED, 100),
        (says(US.COMPLETED, remains=""), Status.COMPLETED, 100),
        (says(US.COMPLETED, remains=0), Status.COMPLETED, 100),
        (says(US.COMPLETED, remains=-5), Status.COMPLETED, 100),
        (says(US.COMPLETED, remains=30), Status.COMPLETED, 70),
        (says(US.PARTIAL, remains=30), Status.PARTIAL, 70),
        (says(US.PARTIAL, remains=100), Status.PARTIAL, 0),
        (says(US.EXPIRED, remains=30), Status.PARTIAL, 70),
        (says(US.EXPIRED, remains=100), Status.CANCELED, 0),
        (says(US.CANCELED, remains=30, charge="1"), Status.CANCELED, 0),
        (says(US.FAILED), Status.FAILED, 0),
        (says(US.FAILED, charge="0"), Status.FAILED, 0),
    ],
)
def test_a_run_that_has_ended_brought_what_does_not_remain(
    row: StatusRow, status: Status, came: int
) -> None:
    assert part(row) == Finding(status, came)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (says(US.COMPLETED, remains=101), Status.COMPLETED),
        (says(US.COMPLETED, remains=10**12), Status.COMPLETED),
        (says(US.COMPLETED, remains="abc"), Status.COMPLETED),
        (says(US.PARTIAL), Status.PARTIAL),
        (says(US.PARTIAL, remains=""), Status.PARTIAL),
        (says(US.PARTIAL, remains="abc"), Status.PARTIAL),
        (says(US.PARTIAL, remains=101), Status.PARTIAL),
        (says(US.FAILED, charge="0.01"), Status.FAILED),
        (says(US.FAILED, charge="?"), Status.FAILED),
    ],
)
def test_what_a_run_brought_is_never_guessed(row: StatusRow, status: Status) -> None:
    found = part(row)

    assert (found.status, found.delivered) == (status, None)
    assert found.trouble == f"{row.status_given}: what came is not said"


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (says(US.PENDING), Status.PENDING),
        (says(US.PROCESSING), Status.PROCESSING),
        (says(US.IN_PROGRESS, remains=5), Status.IN_PROGRESS),
        (says(US.PAUSED), Status.PAUSED),
    ],
)
def test_a_part_under_way_has_brought_nothing_for_good(
    row: StatusRow, status: Status
) -> None:
    assert part(row) == Finding(status)


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        (None, "no answer: left out of the reply"),
        (IdError("Gone", ErrorClass.UNKNOWN_ID), "no answer: Gone"),
        (says(None), "Sideways: a word that is not known"),
    ],
)
def test_a_part_of_which_nothing_is_said_stays(
    row: StatusRow | IdError | None, trouble: str
) -> None:
    assert part(row) == Finding(trouble=trouble)


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        (says(US.PARTIAL, remains=10), "Partial: 70 came before"),
        (says(US.COMPLETED), "Completed: 70 came before"),
        (says(US.IN_PROGRESS), "In_Progress: 70 came before"),
        (says(US.PARTIAL), "Partial: what came is not said"),
    ],
)
def test_an_ended_part_that_brought_more_after_all_is_trouble(
    row: StatusRow, trouble: str
) -> None:
    was = a_part(delivered=70)
    was.status = Status.PARTIAL

    found = read_part(was, an_order(), row, unit_cost=COST)

    assert found == Finding(trouble=trouble)


def test_an_ended_part_that_brought_less_after_all_is_believed() -> None:
    was = a_part(delivered=70)
    was.status = Status.COMPLETED

    found = [
        read_part(was, an_order(), row, unit_cost=COST)
        for row in (says(US.PARTIAL, remains=40), says(US.CANCELED))
    ]

    assert found == [Finding(Status.PARTIAL, 60), Finding(Status.CANCELED, 0)]


# One post of a subscription.


@pytest.mark.parametrize(
    ("row", "came"),
    [
        (says(US.COMPLETED, charge="0.073"), 73),
        (says(US.COMPLETED, charge="0.05"), 50),
        (says(US.COMPLETED, charge="0.1", remains=0), 100),
        (says(US.COMPLETED, charge="0.07301"), 73),
        (says(US.COMPLETED, charge="0.07299", currency="USD"), 73),
        (says(US.PARTIAL, charge="0.02", remains=40), 20),
        (says(US.PARTIAL, charge="0"), 0),
        (says(US.COMPLETED, charge="9", quantity=80), 80),
        (says(US.PARTIAL, quantity=80, remains=30), 50),
        (says(US.CANCELED, charge="0.1"), 0),
        (says(US.FAILED), 0),
    ],
)
def test_what_a_post_brought_follows_from_its_charge(row: StatusRow, came: int) -> None:
    found = part(row, a_subscription())

    assert (found.delivered, found.trouble) == (came, "")


@pytest.mark.parametrize(
    "row",
    [
        says(US.COMPLETED),
        says(US.COMPLETED, charge="?"),
        says(US.COMPLETED, charge="0.0735"),
        says(US.COMPLETED, charge="0.101"),
        # Less than the least was never ordered, and nothing is not complete.
        says(US.COMPLETED, charge="0.049"),
        says(US.COMPLETED, charge="0"),
        says(US.COMPLETED, charge="0.073", currency="EUR"),
        says(US.PARTIAL, charge="-0.02"),
        says(US.PARTIAL, charge="0.2"),
        says(US.PARTIAL, remains=30),
        says(US.COMPLETED, quantity=101),
        says(US.FAILED, charge="0.1"),
    ],
)
def test_what_a_post_brought_is_never_guessed(row: StatusRow) -> None:
    found = part(row, a_subscription())

    assert found.delivered is None
    assert found.trouble == f"{row.status_given}: what came is not said"


def test_posts_that_are_all_alike_need_no_charge() -> None:
    alike = a_subscription(least=100)

    assert part(says(US.COMPLETED), alike).delivered == 100
    assert part(says(US.PARTIAL, remains=30), alike).delivered == 70
    assert part(says(US.PARTIAL), alike).delivered is None


@pytest.mark.parametrize("cost", [None, Decimal(0), Decimal("0.00001")])
def test_a_charge_that_fits_several_numbers_tells_nothing(cost: Decimal | None) -> None:
    row = says(US.COMPLETED, charge="0.00073")

    found = read_part(a_part(), a_subscription(), row, unit_cost=cost)

    assert found.delivered is None


@settings(deadline=None)
@given(st.integers(50, 100), st.decimals("0.00003", "10", places=8))
def test_any_number_of_units_is_found_again_in_a_charge_of_five_decimals(
    came: int, cost: Decimal
) -> None:
    charge = (came * cost).quantize(Decimal("0.00001"))
    row = says(US.COMPLETED, charge=str(charge))

    found = read_part(a_part(), a_subscription(), row, unit_cost=cost)

    assert found.delivered in {came, None}
    if cost > Decimal("0.00003"):
        assert found.delivered == came


# The whole.


def whole(order: Order, row: StatusRow, parts: Parts) -> tuple[object, object, object]:
    found = read(order, row, wait=30, reread=3600, parts=parts)
    return found.status, found.refunded, found.flag


@pytest.mark.parametrize(
    ("said", "came", "status", "back"),
    [
        (US.COMPLETED, 1000, Status.COMPLETED, "0"),
        (US.COMPLETED, 1200, Status.COMPLETED, "0"),
        (US.CANCELED, 1000, Status.COMPLETED, "0"),
        (US.COMPLETED, 700, Status.PARTIAL, "0.6"),
        (US.PARTIAL, 700, Status.PARTIAL, "0.6"),
        (US.CANCELED, 700, Status.PARTIAL, "0.6"),
        (US.EXPIRED, 700, Status.PARTIAL, "0.6"),
        (US.FAILED, 700, Status.PARTIAL, "0.6"),
        (US.COMPLETED, 0, Status.CANCELED, "2"),
        (US.CANCELED, 0, Status.CANCELED, "2"),
        (US.FAILED, 0, Status.FAILED, "2"),
    ],
)
def test_a_drip_feed_ends_by_what_its_runs_brought(
    said: UpstreamStatus, came: int, status: Status, back: str
) -> None:
    parts = Parts(total=10, delivered=came)

    # What the whole says to remain is not asked.
    found = whole(an_order(), says(said, remains=3), parts)

    assert found == (status, Decimal(back), None)


def test_what_never_ran_was_not_delivered() -> None:
    parts = Parts(total=3, delivered=300)

    assert whole(an_order(), says(US.CANCELED), parts) == (
        Status.PARTIAL,
        Decimal("1.4"),
        None,
    )


def test_a_drip_feed_waits_for_the_runs_that_are_under_way() -> None:
    parts = Parts(total=10, open=1, delivered=900, coming=40)

    found = read(
        an_order(status=Status.PENDING),
        says(US.COMPLETED),
        wait=30,
        reread=3600,
        parts=parts,
    )

    assert (found.status, found.refunded) == (Status.IN_PROGRESS, None)
    assert (found.remains, found.wait) == (60, 30)


def test_a_drip_feed_of_which_no_run_is_named_ends_as_any_order() -> None:
    partial = says(US.PARTIAL, remains=400)

    assert whole(an_order(), partial, Parts()) == (Status.PARTIAL, Decimal("0.8"), None)
    assert whole(an_order(), says(US.COMPLETED), Parts())[0] == Status.COMPLETED


def test_a_completed_drip_feed_that_names_too_few_runs_is_flagged() -> None:
    parts = Parts(total=7, delivered=700)

    assert whole(an_order(), says(US.COMPLETED), parts) == (
        None,
        None,
        "status: Completed: names 7 of 10 runs; by them 0.6 is due back",
    )


@pytest.mark.parametrize(
    ("said", "came", "status", "back"),
    [
        (US.COMPLETED, 1000, Status.COMPLETED, "0"),
        (US.COMPLETED, 700, Status.COMPLETED, "0.6"),
        (US.EXPIRED, 700, Status.PARTIAL, "0.6"),
        (US.CANCELED, 700, Status.PARTIAL, "0.6"),
        (US.PARTIAL, 700, Status.PARTIAL, "0.6"),
        (US.COMPLETED, 0, Status.CANCELED, "2"),
        (US.EXPIRED, 0, Status.CANCELED, "2"),
    ],
)
def test_a_subscription_gives_back_what_was_not_used_of_its_reserve(
    said: UpstreamStatus, came: int, status: Status, back: str
) -> None:
    parts = Parts(total=10, delivered=came)

    assert whole(a_subscription(), says(said), parts) == (status, Decimal(back), None)


@pytest.mark.parametrize("said", [US.EXPIRED, US.CANCELED, US.FAILED])
def test_a_subscription_that_found_no_post_gives_everything_back(
    said: UpstreamStatus,
) -> None:
    status, back, flag = whole(a_subscription(), says(said), Parts())

    assert status in {Status.CANCELED, Status.FAILED}
    assert (back, flag) == (Decimal(2), None)


@pytest.mark.parametrize(
    "row", [says(US.COMPLETED), says(US.PARTIAL), says(US.CANCELED, charge="0.3")]
)
def test_a_subscription_that_names_nothing_it_did_is_flagged(row: StatusRow) -> None:
    status, back, flag = whole(a_subscription(), row, Parts())

    assert (status, back) == (None, None)
    assert flag == (
        f"status: {row.status_given}: names none of its orders; "
        "without them 2 is due back"
    )


def test_a_paused_subscription_stays_open() -> None:
    found = whole(a_subscription(), says(US.PAUSED), Parts(total=1, delivered=50))

    assert found == (Status.PAUSED, None, None)


def test_parts_that_do_not_say_what_came_are_flagged_with_a_proposal() -> None:
    parts = Parts(total=10, unclear=2, delivered=700)

    status, back, flag = whole(a_subscription(), says(US.COMPLETED), parts)

    assert (status, back) == (None, None)
    assert flag == (
        "status: Completed: 2 of its 10 orders do not say what came; "
        "from 0.2 to 0.6 is due back"
    )


def test_an_id_of_another_order_is_flagged_and_nothing_moves() -> None:
    parts = Parts(total=10, delivered=1000, strangers=("5",))

    for row in (says(US.COMPLETED), says(US.IN_PROGRESS)):
        assert whole(an_order(), row, parts) == (
            None,
            None,
            f"status: {row.status_given}: 5 is another order's",
        )


def test_more_that_came_after_the_end_is_flagged() -> None:
    ended = an_order(status=Status.PARTIAL, refunded=Decimal("0.6"))

    assert whole(ended, says(US.CANCELED), Parts(total=10, delivered=800)) == (
        None,
        None,
        "status: Canceled: 0.6 was refunded, 0.4 is due",
    )


def test_less_that_came_after_the_end_goes_back_even_where_it_stays_completed() -> None:
    ended = a_subscription(status=Status.COMPLETED, refunded=Decimal("0.6"))

    assert whole(ended, says(US.COMPLETED), Parts(total=10, delivered=600)) == (
        Status.COMPLETED,
        Decimal("0.8"),
        None,
    )


@pytest.mark.parametrize(
    ("own", "of_parts", "cost"),
    [
        ("0.9", "0.8", "0.9"),
        (None, "0.8", "0.8"),
        ("0", "0.8", "0.8"),
        ("0", None, "0"),
    ],
)
def test_the_cost_is_that_of_the_parts_where_the_whole_names_none(
    own: str | None, of_parts: str | None, cost: str
) -> None:
    parts = Parts(total=10, delivered=1000, charge=of_parts and Decimal(of_parts))  # type: ignore[arg-type]

    found = read(an_order(), says(US.COMPLETED, charge=own), wait=30, parts=parts)

    assert found.upstream_charge == Decimal(cost)


remaining = st.sampled_from([-5, 0, 1, 99, 100, 101, 10**12, "", "abc", None])
rows = st.builds(
    says,
    st.one_of(st.none(), st.sampled_from(UpstreamStatus)),
    remains=st.one_of(remaining, st.integers(0, 100)),
    charge=st.sampled_from([None, "0", "0.05", "0.5", "?", "-1"]),
)


@settings(deadline=None)
@given(
    st.lists(rows, max_size=12),
    st.decimals("0.00001", "1000000", places=5),
    st.sampled_from(UpstreamStatus),
    st.booleans(),
)
def test_whatever_parts_say_a_refund_is_what_did_not_come_or_a_flag(
    answers: list[StatusRow], charge: Decimal, said: UpstreamStatus, drip_feed: bool
) -> None:
    order = (an_order if drip_feed else a_subscription)(charge=charge)
    found = [part(answer, order) for answer in answers]
    came = [one.delivered for one in found if one.delivered is not None]
    is_open = [one.status not in {*ENDED} for one in found]
    parts = Parts(
        total=len(found),
        open=sum(is_open),
        unclear=len(found) - sum(is_open) - len(came),
        delivered=sum(came),
    )

    status, back, flag = whole(order, says(said), parts)

    assert all(0 <= units <= 100 for units in came)
    if back is None:
        assert flag or status not in ENDED or not parts.total
    elif parts.total:
        assert isinstance(back, Decimal)
        assert 0 <= back <= charge
        assert back == due(charge, 1000, max(1000 - sum(came), 0))
        assert (status in {Status.CANCELED, Status.FAILED}) == (sum(came) == 0)


ENDED = {Status.COMPLETED, Status.PARTIAL, Status.CANCELED, Status.FAILED}


@pytest.mark.parametrize(
    "answers",
    list(
        permutations(
            [
                says(US.COMPLETED),
                says(US.PARTIAL, remains=40),
                says(US.CANCELED),
                says(US.IN_PROGRESS),
            ]
        )
    ),
)
def test_any_order_of_answers_ends_a_part_with_the_same_units(
    answers: tuple[StatusRow, ...],
) -> None:
    delivery = a_part()
    for answer in answers:
        found = read_part(delivery, an_order(), answer, unit_cost=COST)
        if found.status:
            delivery.status, delivery.delivered = found.status, found.delivered

    assert (delivery.status, delivery.delivered) == (Status.CANCELED, 0)
