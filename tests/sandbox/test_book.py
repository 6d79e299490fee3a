"""The sandbox's own books: money, orders by link and request, calls."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import count

from sandbox import book
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from tests.sandbox.practice import KEY, LINK, Client, Clock


def test_balance_and_charges_always_add_up_to_the_deposits(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    vendor.terms = Terms(key=KEY, speed=20, partial=0.3, cancel=0.3)
    subscription = {"service": 9, "username": "a", "min": 5, "max": 9, "delay": 0}
    for step in range(120):
        number = client.order(quantity=50 + step)
        client("add", **subscription, posts=2)
        if step % 3 == 0:
            client("cancel", orders=number)
        clock.move(1.7)

        whole = book.whole(vendor)

        charges = sum(Decimal(row["charge"]) for row in whole["orders"])
        assert Decimal(whole["balance"]) + charges == 10_000
    assert {entry.kind for entry in vendor.ledger.entries} == {
        "deposit",
        "charge",
        "credit",
    }


def test_every_movement_of_money_is_an_entry(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = client.order(link=f"{LINK}#partial=40")
    clock.move(20)
    vendor.deposit(Decimal(5))

    assert book.whole(vendor)["entries"] == [
        {"kind": "deposit", "order": None, "amount": "10000.00000"},
        {"kind": "charge", "order": number, "amount": "0.15000"},
        {"kind": "credit", "order": number, "amount": "0.06000"},
        {"kind": "deposit", "order": None, "amount": "5.00000"},
    ]


def test_the_book_leads_from_links_and_requests_to_orders(
    vendor: Vendor, client: Client
) -> None:
    client.add(request_id="a")
    client.add()
    client.add(link=f"{LINK}/2")
    client("cancel", orders=23502)

    whole = book.whole(vendor)

    assert whole["links"] == {LINK: [23501, 23502], f"{LINK}/2": [23503]}
    assert whole["requests"] == {"a": 23501}
    assert whole["cancels"] == [23502]
    assert whole["orders"][0]["fields"] == {
        "request_id": "a",
        "quantity": "100",
        "link": LINK,
        "service": "7",
    }


def test_the_book_shows_refills(vendor: Vendor, client: Client, clock: Clock) -> None:
    number = client.order()
    clock.move(20)
    client("refill", order=number)

    assert book.whole(vendor)["refills"] == [
        {"refill": 1, "order": number, "status": "Pending"}
    ]


def test_eight_threads_get_eight_hundred_different_numbers(
    vendor: Vendor, client: Client
) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: client.order(), range(800)))

    assert sorted(numbers) == list(range(23501, 24301))
    assert vendor.ledger.balance == 10_000 - 800 * Decimal("0.15")


def test_eight_threads_with_one_request_id_get_one_order(client: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: client.order(request_id="a"), range(80)))

    assert Counter(numbers) == {23501: 80}


def test_eight_threads_spend_the_balance_once(vendor: Vendor, client: Client) -> None:
    vendor.deposit(Decimal("1.5") - vendor.ledger.balance)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: client.add(), range(80)))

    accepted = [reply for reply in replies if "order" in reply]
    refused = [reply for reply in replies if reply not in accepted]
    assert len(accepted) == 10
    assert refused == [{"error": "Not enough funds on balance"}] * 70
    assert vendor.ledger.balance == 0


def test_an_order_has_the_same_fate_in_every_run(vendor: Vendor, clock: Clock) -> None:
    def ends(seed: str) -> list[str]:
        terms = Terms(key=KEY, speed=0, partial=0.5, seed=seed)
        client = Client(Vendor(vendor.catalogue, terms, clock))
        numbers = (client.order() for _ in count())
        return [
            client("status", order=number)["status"]
            for number, _ in zip(numbers, range(30), strict=False)
        ]

    assert ends("1") == ends("1") != ends("2")


def test_the_book_tells_what_an_add_was_answered_with(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = client.order(link=f"{LINK}#partial=40", request_id="a")
    clock.move(20)

    assert book.whole(vendor)["orders"] == [
        {
            "order": number,
            "id": number,
            "given": "23501",
            "fault": "",
            "service": "7",
            "link": f"{LINK}#partial=40",
            "request_id": "a",
            "created": "2027-01-15 08:00:00+00:00",
            "units": 100,
            "charged": "0.15000",
            "charge": "0.09000",
            "status": "Partial",
            "delivered": 60,
            "remains": "40",
            "refills": 0,
            "parent": None,
            "children": None,
            "subscription": None,
            "fields": {
                "service": "7",
                "link": f"{LINK}#partial=40",
                "quantity": "100",
                "request_id": "a",
            },
        }
    ]


def test_a_line_about_an_order_that_has_ended_still_changes_with_it(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    number = client.order()
    clock.move(20)
    assert book.whole(vendor)["orders"][0]["refills"] == 0
    client("refill", order=number)
    clock.move(60)
    client("refill", order=number)
    assert book.whole(vendor)["orders"][0]["refills"] == 2
    vendor.note_fault(number, "timeout_after", hidden=True)

    line = book.whole(vendor)["orders"][0]

    assert (line["given"], line["fault"]) == ("", "timeout_after")


def test_the_book_counts_why_orders_were_refused(
    vendor: Vendor, client: Client
) -> None:
    client.add(quantity=1)
    client.add(link="nowhere")
    client.add(link="nowhere")
    client("status", order=1)

    assert book.whole(vendor)["refused"] == {
        "Quantity less than minimal 50": 1,
        "Bad link": 2,
    }


def test_the_book_adds_up_the_money(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    client.add(link=f"{LINK}#partial=40")
    client.add(link=f"{LINK}#cancel")
    clock.move(20)

    assert book.whole(vendor)["totals"] == {
        "deposit": "10000.00000",
        "charge": "0.30000",
        "credit": "0.21000",
    }


def test_the_book_since_an_order_has_only_what_came_after_it(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    subscription = {"service": 9, "username": "a", "min": 5, "max": 9, "delay": 0}
    for request in "ab":
        number = client.order(request_id=request)
        client("add", **subscription, posts=1)
        clock.move(20)
        client("refill", order=number)
        client("cancel", orders=client.order(link=f"{LINK}/{request}"))

    part = book.whole(vendor, since=23504)

    assert [row["order"] for row in part["orders"]] == [23505, 23507, 23508]
    assert [row["order"] for row in part["subscriptions"]] == [23506]
    assert part["links"] == {LINK: [23505], f"{LINK}/b": [23508], "": [23506]}
    assert part["requests"] == {"b": 23505}
    assert [row["order"] for row in part["refills"]] == [23505]
    assert part["cancels"] == [23508]
    assert {row["order"] for row in part["entries"]} == {23505, 23507, 23508}
    assert part["balance"] == book.whole(vendor)["balance"]
    assert book.whole(vendor, since=99999)["orders"] == []


def test_the_book_is_right_at_every_moment_of_a_rush(
    vendor: Vendor, client: Client, clock: Clock
) -> None:
    def rush(step: int) -> None:
        number = client.order(link=f"{LINK}/{step}#partial")
        clock.move(0.01)
        client("cancel", orders=number)

    with ThreadPoolExecutor(32) as pool:
        rushing = [pool.submit(rush, step) for step in range(400)]
        books = [book.whole(vendor) for _ in range(40)]
        for task in rushing:
            task.result()
    books.append(book.whole(vendor))

    for one in books:
        costs = sum(Decimal(row["charge"]) for row in one["orders"])
        assert Decimal(one["balance"]) + costs == 10_000
        linked = [number for numbers in one["links"].values() for number in numbers]
        assert sorted(linked) == [row["order"] for row in one["orders"]]
    assert len(books[-1]["orders"]) == 400
