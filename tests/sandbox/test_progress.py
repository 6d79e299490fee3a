"""How orders live, by a clock that the test moves."""

from decimal import Decimal

import pytest

from sandbox.terms import Terms
from sandbox.vendor import Vendor
from tests.sandbox.practice import KEY, LINK, Client, Clock


def look(client: Client, number: int) -> tuple[str, str, str]:
    reply = client("status", order=number)
    return reply["status"], reply["remains"], reply["charge"]


def test_an_order_lives_from_pending_to_completed(client: Client, clock: Clock) -> None:
    number = client.order()

    seen = []
    for _ in range(9):
        seen.append(look(client, number)[:2])
        clock.move(2.5)

    assert seen == [
        ("Pending", "100"),
        ("Pending", "100"),
        ("In progress", "100"),
        ("In progress", "84"),
        ("In progress", "67"),
        ("In progress", "50"),
        ("In progress", "34"),
        ("In progress", "17"),
        ("Completed", "0"),
    ]


def test_processing_comes_before_the_work_starts(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(4)

    assert look(client, number)[0] == "Processing"
    assert client("status", order=number)["start_count"] == "0"


def test_the_start_count_is_known_once_started_and_stays(
    client: Client, clock: Clock
) -> None:
    number = client.order()
    clock.move(6)
    first = client("status", order=number)["start_count"]
    clock.move(100)

    assert int(first) >= 100
    assert client("status", order=number)["start_count"] == first


@pytest.mark.parametrize(
    ("wish", "status", "remains", "charge"),
    [
        ("complete", "Completed", "0", "0.15000"),
        ("partial", "Partial", "34", "0.09900"),
        ("partial=1", "Partial", "1", "0.14850"),
        ("partial=x", "Partial", "34", "0.09900"),
        ("partial=100", "Canceled", "100", "0.00000"),
        ("cancel", "Canceled", "100", "0.00000"),
        ("fail", "Failed", "100", "0.00000"),
    ],
)
def test_an_order_ends_as_its_link_asks(
    client: Client, clock: Clock, wish: str, status: str, remains: str, charge: str
) -> None:
    number = client.order(link=f"{LINK}#{wish}")
    clock.move(20)

    assert look(client, number) == (status, remains, charge)
    assert client.vendor.ledger.balance == 10_000 - Decimal(charge)


def test_a_fragment_that_is_no_wish_asks_for_nothing(
    client: Client, clock: Clock
) -> None:
    number = client.order(link=f"{LINK}#{'&'.join(['partial'] * 20)}")
    other = client.order(link=f"{LINK}#chapter-2")
    clock.move(20)

    assert look(client, number)[0] == look(client, other)[0] == "Completed"


def test_an_end_is_seen_the_same_before_and_after_it_is_booked(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    order = vendor.orders[client.order(link=f"{LINK}#partial")]
    clock.move(20)
    seen, changes = vendor.standing(order), vendor.changes

    vendor.catch_up()

    assert vendor.changes == changes + 1
    assert vendor.standing(order) == seen


def test_a_slow_order_takes_ten_times_as_long(client: Client, clock: Clock) -> None:
    number = client.order(link=f"{LINK}#slow&partial")
    clock.move(199)
    assert look(client, number)[0] == "In progress"
    clock.move(1)
    assert look(client, number)[0] == "Partial"


def test_without_a_wish_orders_end_in_the_shares_asked_for(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    vendor.terms = Terms(key=KEY, speed=20, partial=0.3, cancel=0.2)
    numbers = [client.order() for _ in range(400)]
    clock.move(20)

    ends = [look(client, number)[0] for number in numbers]

    assert 90 <= ends.count("Partial") <= 150
    assert 55 <= ends.count("Canceled") <= 105
    assert ends.count("Completed") == 400 - ends.count("Partial") - ends.count(
        "Canceled"
    )


def test_with_no_speed_an_order_is_completed_at_once(
    vendor: Vendor, client: Client
) -> None:
    vendor.terms = Terms(key=KEY, speed=0)

    assert look(client, client.order())[0] == "Completed"


def test_a_clock_set_back_leaves_what_has_ended_ended(
    client: Client, clock: Clock
) -> None:
    number = client.order(link=f"{LINK}#partial")
    clock.move(20)
    ended = look(client, number)
    clock.move(-3600)

    assert look(client, number) == ended


def test_a_drip_feed_is_charged_for_all_runs_and_tells_those_done(
    client: Client, clock: Clock
) -> None:
    number = client.order(runs=5, interval=30)
    assert client("status", order=number)["charge"] == "0.75000"
    clock.move(62.5)

    reply = client("status", order=number)

    assert (reply["status"], reply["remains"]) == ("In progress", "250")
    assert reply["runs"] == "2"
    clock.move(37.5)
    assert client("status", order=number)["runs"] == "5"


def test_a_cancel_before_the_start_gives_everything_back(
    client: Client, clock: Clock
) -> None:
    number = client.order()
    client("cancel", orders=number)
    assert look(client, number)[0] == "Pending"
    clock.move(1)

    assert look(client, number) == ("Canceled", "100", "0.00000")
    assert client.vendor.ledger.balance == 10_000


def test_a_cancel_in_the_middle_leaves_a_partial(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(11.5)
    client("cancel", orders=number)
    clock.move(1)

    assert look(client, number) == ("Partial", "50", "0.07500")


def test_a_cancel_asked_for_twice_happens_once(client: Client, clock: Clock) -> None:
    number = client.order()
    client("cancel", orders=number)
    clock.move(0.5)
    assert client("cancel", orders=number) == [{"order": number, "cancel": 1}]
    clock.move(0.5)

    assert look(client, number)[0] == "Canceled"


def test_a_cancel_too_late_changes_nothing(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(19.5)
    client("cancel", orders=number)
    clock.move(10)

    assert look(client, number) == ("Completed", "0", "0.15000")


def test_a_finished_order_cannot_be_cancelled(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(20)

    reply = client("cancel", orders=number)

    assert reply[0]["cancel"] == {"error": "Order is already finished"}


def test_a_service_without_cancel_or_refill_refuses_them(
    client: Client, clock: Clock
) -> None:
    number = client.order(service=8)

    reply = client("cancel", orders=number)
    assert reply[0]["cancel"] == {"error": "Cancel is disabled for this service"}
    clock.move(20)
    reply = client("refill", order=number)
    assert reply == {"error": "Refill is disabled for this service"}


def test_only_a_completed_order_is_refilled(client: Client, clock: Clock) -> None:
    number = client.order(link=f"{LINK}#partial")

    assert client("refill", order=number) == {"error": "Order is not completed"}
    clock.move(20)
    assert client("refill", order=number) == {"error": "Order is not completed"}
    assert client.vendor.refills == {}


def test_a_second_refill_has_to_wait(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(20)
    client("refill", order=number)
    clock.move(59)
    assert client("refill", order=number) == {"error": "Refill is not available yet"}
    clock.move(1)
    assert client("refill", order=number) == {"refill": "2"}


def subscribe(client: Client, **fields: object) -> int:
    asked = {"username": "weekly", "min": 5, "max": 10, "delay": 0, "posts": 2}
    number: int = client("add", service=9, **asked | fields)["order"]
    return number


def test_a_subscription_orders_once_a_life_until_its_posts_are_done(
    client: Client, clock: Clock
) -> None:
    number = subscribe(client, expiry="31/12/2099")
    assert client("status", order=number) == {
        "status": "Active",
        "expiry": "31/12/2099",
        "posts": "0",
        "orders": [],
    }
    clock.move(100)

    reply = client("status", order=number)

    assert (reply["status"], reply["posts"]) == ("Completed", "2")
    assert reply["orders"] == [number + 1, number + 2]
    for child in reply["orders"]:
        assert 5 <= client.vendor.orders[child].units <= 10
        assert look(client, child)[0] == "Completed"


def test_a_subscription_ends_when_it_expires(client: Client, clock: Clock) -> None:
    number = subscribe(client, posts=1000, expiry="01/01/2020")
    clock.move(20)

    assert client("status", order=number)["status"] == "Expired"


def test_a_cancelled_subscription_orders_no_more(client: Client, clock: Clock) -> None:
    number = subscribe(client)
    clock.move(20)
    client("cancel", orders=number)
    clock.move(100)

    reply = client("status", order=number)

    assert (reply["status"], reply["posts"]) == ("Canceled", "1")


def test_a_subscription_pauses_when_the_money_is_gone(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    vendor.deposit(-(vendor.ledger.balance - 1))
    number = subscribe(client, posts=1000, min=5, max=10)
    clock.move(1_000_000)

    assert client("status", order=number)["status"] == "Paused"
    assert 0 <= vendor.ledger.balance < 1


def test_a_subscription_that_cannot_pay_one_post_is_refused(
    vendor: Vendor, client: Client
) -> None:
    vendor.deposit(-vendor.ledger.balance)

    reply = client("add", service=9, username="weekly", min=5, max=10, delay=0)

    assert reply == {"error": "Not enough funds on balance"}
    assert vendor.subscriptions == {}


def test_a_subscription_is_never_refilled(client: Client) -> None:
    number = subscribe(client)

    reply = client("refill", order=number)

    assert reply == {"error": "Refill is disabled for this service"}
