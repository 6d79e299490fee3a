import json
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox import book, statefile
from sandbox.records import Status
from sandbox.statefile import Saver, StateError
from sandbox.twists import Twist
from sandbox.vendor import Vendor
from tests.sandbox.practice import LINK, Client, Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def reopened(vendor: Vendor, path: Path) -> Vendor:
    other = Vendor(vendor.catalogue, vendor.terms, vendor.clock)
    statefile.load(other, path)
    return other


def busy(client: Client, clock: Clock) -> None:
    done = client.order(request_id="a")
    client.add(link=f"{LINK}#partial")
    clock.move(20)
    client("refill", order=done)
    client("cancel", orders=client.order())
    client.add(runs=3, interval=5)
    client("add", service=9, username="weekly", min=5, max=9, delay=0, posts=3)
    client.add(quantity=1)
    client.vendor.place(
        {"service": "7", "link": f"{LINK}/2", "quantity": "100"},
        Twist(opaque=True, regret=Status.PARTIAL, over_delivers=True),
    )
    client.vendor.note_fault(done, "drip", hidden=False)
    client.vendor.count("balance")


def test_a_book_is_the_same_after_a_restart(
    vendor: Vendor, client: Client, clock: Clock, path: Path
) -> None:
    busy(client, clock)
    statefile.save(vendor, path)

    assert book.whole(reopened(vendor, path)) == book.whole(vendor)


def test_orders_go_on_living_after_a_restart(
    vendor: Vendor, client: Client, clock: Clock, path: Path
) -> None:
    busy(client, clock)
    statefile.save(vendor, path)
    other = reopened(vendor, path)
    clock.move(100)

    assert book.whole(other) == book.whole(vendor)
    assert {row["status"] for row in book.whole(other)["orders"]} == {
        "Completed",
        "Partial",
        "Canceled",
    }


def test_numbers_and_request_ids_go_on_after_a_restart(
    vendor: Vendor, client: Client, clock: Clock, path: Path
) -> None:
    busy(client, clock)
    statefile.save(vendor, path)
    other = Client(reopened(vendor, path))

    assert other.order(request_id="a") == 23501
    assert other.order() == 23507
    assert other.vendor.names == vendor.names
    assert len(vendor.names) == 1
    assert isinstance(other.vendor.ledger.balance, Decimal)


def test_a_file_that_is_not_there_is_an_empty_book(vendor: Vendor, path: Path) -> None:
    assert book.whole(reopened(vendor, path)) == book.whole(vendor)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"version": 2}', '{"version": 1}', "\xff"]
)
def test_a_file_that_is_no_state_is_refused_and_changes_nothing(
    vendor: Vendor, path: Path, text: str
) -> None:
    path.write_text(text, encoding="latin-1")

    with pytest.raises(StateError, match=r"state\.json"):
        statefile.load(vendor, path)

    assert vendor.ledger.balance == 10_000


def test_one_bad_row_refuses_the_whole_file(
    vendor: Vendor, client: Client, path: Path
) -> None:
    client.add()
    statefile.save(vendor, path)
    data = json.loads(path.read_text())
    data["orders"][0]["charge"] = "much"
    path.write_text(json.dumps(data))
    empty = Vendor(vendor.catalogue, vendor.terms, vendor.clock)

    with pytest.raises(StateError):
        statefile.load(empty, path)

    assert empty.orders == {}
    assert empty.ledger.balance == 10_000


def test_the_saver_writes_what_is_left_when_it_stops(
    vendor: Vendor, client: Client, path: Path
) -> None:
    saver = Saver(vendor, path, every=60)
    saver.start()
    client.add()
    saver.stop()

    assert list(reopened(vendor, path).orders) == [23501]
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


def test_the_saver_writes_nothing_when_nothing_happened(
    vendor: Vendor, path: Path
) -> None:
    saver = Saver(vendor, path, every=0.001)
    saver.start()
    saver.stop()

    assert not path.exists()
