"""The ten calls, each against its documented reply written down by hand."""

import json
from decimal import Decimal

import pytest

from sandbox.catalogue import Catalogue
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from tests.sandbox.practice import LINK, ROWS, Client, Clock


def test_the_balance_is_text_with_five_decimals(client: Client) -> None:
    assert client("balance") == {"balance": "10000.00000", "currency": "USD"}


def test_services_are_the_catalogue_as_it_is(client: Client) -> None:
    assert client("services") == ROWS


def test_an_order_gets_a_number_that_rises(client: Client) -> None:
    assert client.add() == {"order": 23501}
    assert client.add() == {"order": 23502}


def test_the_status_of_one_order_has_the_documented_keys(
    client: Client, clock: Clock
) -> None:
    number = client.order(link=f"{LINK}#partial=40")
    clock.move(20)

    reply = client("status", order=number)

    assert list(reply.items()) == [
        ("charge", "0.09000"),
        ("start_count", str(100 + 23501 * 37 % 4999)),
        ("status", "Partial"),
        ("remains", "40"),
        ("currency", "USD"),
    ]


def test_the_status_of_many_is_keyed_by_id_and_a_bad_id_holds_its_error(
    client: Client,
) -> None:
    number = client.order()

    reply = client("status", orders=f"{number},10,abc")

    assert list(reply) == [str(number), "10", "abc"]
    assert reply[str(number)] == client("status", order=number)
    assert reply["10"] == reply["abc"] == {"error": "Incorrect order ID"}


def test_a_refill_of_one_order_is_told_as_text(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(20)

    assert client("refill", order=number) == {"refill": "1"}


def test_refills_of_many_orders_are_told_as_numbers(
    client: Client, clock: Clock
) -> None:
    first, second = client.order(), client.order()
    clock.move(20)

    assert client("refill", orders=f"{first},{second},3") == [
        {"order": first, "refill": 1},
        {"order": second, "refill": 2},
        {"order": 3, "refill": {"error": "Incorrect order ID"}},
    ]


def test_the_status_of_one_refill(client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(20)
    client("refill", order=number)

    assert client("refill_status", refill=1) == {"status": "Pending"}
    clock.move(10)
    assert client("refill_status", refill=1) == {"status": "In progress"}
    clock.move(10)
    assert client("refill_status", refill=1) == {"status": "Completed"}
    assert client("refill_status", refill=2) == {"error": "Refill not found"}


def test_the_status_of_many_refills(client: Client, clock: Clock) -> None:
    numbers = [client.order(), client.order(link=f"{LINK}#reject")]
    clock.move(20)
    client("refill", orders=",".join(map(str, numbers)))
    clock.move(20)

    assert client("refill_status", refills="1,2,3") == [
        {"refill": 1, "status": "Completed"},
        {"refill": 2, "status": "Rejected"},
        {"refill": 3, "status": {"error": "Refill not found"}},
    ]


def test_cancels_are_told_by_order(client: Client) -> None:
    number = client.order()

    assert client("cancel", orders=f"9,{number}") == [
        {"order": 9, "cancel": {"error": "Incorrect order ID"}},
        {"order": number, "cancel": 1},
    ]


def test_own_orders_are_listed_newest_first(client: Client) -> None:
    client.add(request_id="a")
    client.add()

    reply = client("orders")

    assert [(row["order"], row["request_id"]) for row in reply] == [
        (23502, ""),
        (23501, "a"),
    ]
    assert reply[1] == {
        "order": 23501,
        "service": "7",
        "link": LINK,
        "request_id": "a",
        "created": "2027-01-15 08:00:00+00:00",
        "quantity": "100",
        "units": 100,
        "charge": "0.15000",
        "status": "Pending",
        "remains": "100",
    }


def test_own_orders_are_listed_without_those_of_a_subscription(
    client: Client, clock: Clock
) -> None:
    plan = {"service": 9, "username": "a", "min": 5, "max": 9, "delay": 0}
    number = client("add", **plan)["order"]
    clock.move(60)
    client.add()

    reply = client("orders")

    assert [row["order"] for row in reply] == [number + 4, number]
    assert reply[1]["status"] == "Active"


def test_own_orders_are_listed_a_hundred_at_most(client: Client) -> None:
    numbers = [client.order() for _ in range(105)]

    assert [row["order"] for row in client("orders")] == numbers[:4:-1]


def test_the_same_request_id_gets_the_same_order_once(client: Client) -> None:
    first = client.add(request_id="a")

    assert client.add(request_id="a") == first
    assert len(client.vendor.orders) == 1
    assert client.vendor.ledger.balance == Decimal("9999.85")


def test_a_refused_request_id_may_be_tried_again(client: Client) -> None:
    assert "error" in client.add(request_id="a", quantity=1)
    assert client.add(request_id="a") == {"order": 23501}


def test_the_extras_are_off_unless_switched_on(clock: Clock) -> None:
    client = Client(Vendor(Catalogue(json.dumps(ROWS)), Terms(), clock))

    assert client("orders") == {"error": "Incorrect request"}
    assert client.add(request_id="a") != client.add(request_id="a")


@pytest.mark.parametrize("action", ["balance", "services", "add", "status", "nonsense"])
def test_a_wrong_key_is_told_before_anything_else(vendor: Vendor, action: str) -> None:
    vendor.terms = Terms(key="another")

    assert Client(vendor)(action) == {"error": "Invalid API key"}


@pytest.mark.parametrize("action", ["", "nonsense", "Balance", "__init__"])
def test_an_unknown_action_is_an_incorrect_request(client: Client, action: str) -> None:
    assert client(action) == {"error": "Incorrect request"}


@pytest.mark.parametrize("action", ["status", "refill", "cancel", "refill_status"])
def test_ids_are_needed_and_at_most_a_hundred(client: Client, action: str) -> None:
    name = "refills" if action == "refill_status" else "orders"

    assert client(action) == {"error": "Incorrect request"}
    assert client(action, **{name: ","}) == {"error": "Incorrect request"}
    hundred = ",".join(map(str, range(1, 101)))
    assert len(client(action, **{name: hundred})) == 100
    assert client(action, **{name: f"{hundred},101"}) == {"error": "Maximum 100 IDs"}


@pytest.mark.parametrize("text", ["", "abc", "-1", "1.5", "²", "9" * 40, "23501;"])
def test_an_id_that_is_no_number_is_an_incorrect_id(client: Client, text: str) -> None:
    client.add()

    assert client("status", order=text) == {"error": "Incorrect order ID"}
    assert client("refill", order=text) == {"error": "Incorrect order ID"}
    assert client("refill_status", refill=text) == {"error": "Refill not found"}
