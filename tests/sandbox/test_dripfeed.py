"""Drip-feeds that show their runs as orders of their own."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox import book, statefile
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from tests.sandbox.practice import KEY, LINK, Client, Clock


@pytest.fixture(autouse=True)
def _showing_runs(vendor: Vendor) -> None:
    vendor.terms = Terms(key=KEY, speed=20, children=True, request_ids=True)


def feed(client: Client, **fields: object) -> int:
    """Order five runs of a hundred."""
    return client.order(**{"runs": 5, "interval": 30} | fields)


def lines(vendor: Vendor) -> dict[int, dict[str, Any]]:
    return {line["order"]: line for line in book.whole(vendor)["orders"]}


def check_money(vendor: Vendor) -> None:
    """The balance and what orders cost, runs within their parents, are the deposit."""
    rows = lines(vendor)
    costs = [Decimal(row["charge"]) for row in rows.values() if row["parent"] is None]
    assert vendor.ledger.balance + sum(costs) == 10_000
    for row in rows.values():
        if row["children"] and row["status"] not in {"Pending", "In progress"}:
            runs = [Decimal(rows[number]["charge"]) for number in row["children"]]
            assert sum(runs) == Decimal(row["charge"])


def test_each_run_is_an_order_that_starts_a_life_after_the_one_before(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client)

    seen = []
    for _ in range(6):
        seen.append(client("status", order=number))
        check_money(vendor)
        clock.move(20)

    children = [number + run for run in range(1, 6)]
    assert seen[0] == {"status": "Pending", "runs": "0", "orders": children[:1]}
    assert seen[1] == {"status": "In progress", "runs": "1", "orders": children[:2]}
    assert seen[4] == {"status": "In progress", "runs": "4", "orders": children}
    assert seen[5] == {"status": "Completed", "runs": "5", "orders": children}


def test_a_run_is_told_of_as_any_order(client: Client, clock: Clock) -> None:
    number = feed(client)
    clock.move(12.5)

    reply = client("status", order=number + 1)

    assert (reply["status"], reply["remains"]) == ("In progress", "50")
    assert reply["charge"] == "0.15000"


def test_the_charges_of_the_runs_are_the_charge_of_the_parent(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client, quantity=51, runs=7)
    assert vendor.ledger.balance == 10_000 - Decimal("0.5355")
    vendor.orders[number].charge = Decimal("0.53552")
    clock.move(200)

    rows = lines(vendor)

    runs = [Decimal(rows[run]["charge"]) for run in rows[number]["children"]]
    assert len(runs) == 7
    assert sum(runs) == Decimal(rows[number]["charge"]) == Decimal("0.53552")
    assert {row["units"] for row in rows.values()} == {51, 357}
    assert [entry.kind for entry in vendor.ledger.entries] == ["deposit", "charge"]


def test_runs_end_by_their_own_fate_and_the_parent_is_completed(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client, link=f"{LINK}#partial=40")
    clock.move(100)

    rows = lines(vendor)

    assert rows[number]["status"] == "Completed"
    assert rows[number]["remains"] == "200"
    assert rows[number]["charge"] == "0.45000"
    assert {rows[run]["status"] for run in rows[number]["children"]} == {"Partial"}
    check_money(vendor)


def test_runs_are_never_cancelled_by_chance(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    vendor.terms = Terms(key=KEY, speed=20, children=True, cancel=0.5, partial=0.5)
    for _ in range(20):
        feed(client)
    clock.move(1000)

    statuses: dict[bool, set[str]] = {True: set(), False: set()}
    for row in lines(vendor).values():
        statuses[row["parent"] is not None].add(row["status"])

    assert statuses[True] == {"Completed", "Partial"}
    assert statuses[False] == {"Completed", "Canceled"}
    check_money(vendor)


def test_a_cancel_in_between_ends_the_run_and_credits_those_to_come(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client)
    clock.move(27.5)
    assert client("cancel", orders=number) == [{"order": number, "cancel": 1}]
    clock.move(5)

    reply = client("status", order=number)

    rows = lines(vendor)
    assert reply == {
        "status": "Partial",
        "runs": "2",
        "orders": [number + 1, number + 2],
    }
    assert rows[number + 1]["status"] == "Completed"
    assert (rows[number + 2]["status"], rows[number + 2]["remains"]) == (
        "Partial",
        "50",
    )
    assert (rows[number]["remains"], rows[number]["charge"]) == ("350", "0.22500")
    check_money(vendor)
    clock.move(1000)
    assert client("status", order=number) == reply


def test_a_cancel_reaches_the_last_run_too(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client)
    clock.move(87.5)
    client("cancel", orders=number)
    clock.move(5)

    assert client("status", order=number)["status"] == "Partial"
    assert lines(vendor)[number]["remains"] == "50"
    check_money(vendor)


def test_a_cancel_at_once_gives_everything_back(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client)
    client("cancel", orders=number)
    clock.move(5)

    assert client("status", order=number) == {
        "status": "Canceled",
        "runs": "1",
        "orders": [number + 1],
    }
    assert vendor.ledger.balance == 10_000


@pytest.mark.parametrize("wish", ["cancel", "fail"])
def test_a_feed_that_never_starts_has_no_runs(
    vendor: Vendor, client: Client, clock: Clock, wish: str
) -> None:
    number = feed(client, link=f"{LINK}#{wish}")
    clock.move(100)

    reply = client("status", order=number)

    assert (reply["runs"], reply["orders"]) == ("0", [])
    assert reply["status"] in {"Canceled", "Failed"}
    assert vendor.ledger.balance == 10_000


def test_a_feed_of_a_service_no_longer_sold_stops(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client)
    vendor.catalogue = type(vendor.catalogue)("[]")
    clock.move(100)

    assert client("status", order=number)["status"] == "Partial"
    assert lines(vendor)[number]["charge"] == "0.15000"
    check_money(vendor)


def test_runs_are_not_mistaken_for_orders_that_were_asked_for(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = feed(client, request_id="a")
    clock.move(100)

    whole = book.whole(vendor)

    assert whole["links"] == {LINK: [number]}
    assert whole["requests"] == {"a": number}
    assert [row["request_id"] for row in whole["orders"]] == ["a", "", "", "", "", ""]
    assert [row["parent"] for row in whole["orders"]] == [None, *[number] * 5]


def test_without_speed_all_runs_are_over_at_once(
    vendor: Vendor, client: Client
) -> None:
    vendor.terms = Terms(key=KEY, speed=0, children=True)

    assert client("status", order=feed(client))["runs"] == "5"
    check_money(vendor)


def test_a_feed_goes_on_after_a_restart(
    vendor: Vendor, client: Client, clock: Clock, tmp_path: Path
) -> None:
    done, stopped = feed(client), feed(client)
    clock.move(30)
    client("cancel", orders=stopped)
    statefile.save(vendor, tmp_path / "state.json")
    other = Vendor(vendor.catalogue, vendor.terms, clock)
    statefile.load(other, tmp_path / "state.json")
    clock.move(100)

    assert book.whole(other) == book.whole(vendor)
    assert lines(other)[done]["status"] == "Completed"
    assert lines(other)[stopped]["status"] == "Partial"
    check_money(other)


def test_without_the_flag_a_drip_feed_is_one_order(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    vendor.terms = Terms(key=KEY, speed=20)
    number = feed(client)
    clock.move(100)

    assert client("status", order=number)["runs"] == "5"
    assert list(vendor.orders) == [number]
