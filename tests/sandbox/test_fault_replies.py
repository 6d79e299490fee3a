"""Faults in what the vendor says, over HTTP: refusals, ids, prices, and tall tales."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sandbox import book
from sandbox.catalogue import Catalogue
from sandbox.vendor import Vendor
from tests.sandbox.practice import LINK, ROWS, Clock, form, send

ADD = {"action": "add", "service": 7, "link": LINK, "quantity": 100}
ACTIVE = (
    "You have active order with this link. Please wait until order being completed."
)


def call(url: str, fault: str = "", **fields: object) -> Any:
    return send(url, body=form(**fields), fault=fault).json()


def add(url: str, fault: str = "", **fields: object) -> Any:
    return call(url, fault, **ADD | fields)


def counts(url: str) -> dict[str, int]:
    fired: dict[str, int] = send(url, method="GET", path="/_faults").json()["fired"]
    return fired


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad_key", "Invalid API key"),
        ("no_funds", "Not enough funds on balance"),
        ("rate_200", "Too many requests"),
        (
            "link_active",
            ACTIVE,
        ),
        ("link_duplicate", "neworder.error.link_duplicate"),
        ("bad_service", "Incorrect service ID"),
        ("new_wording", "Code 7731, see the board"),
    ],
)
def test_a_refusal_is_an_error_in_json_and_nothing_happens(
    url: str, vendor: Vendor, name: str, text: str
) -> None:
    assert add(url, name) == {"error": text}
    assert vendor.orders == {}
    assert vendor.ledger.balance == 10_000
    assert vendor.refused == {f"fault:{name}": 1}
    assert counts(url) == {name: 1}


@pytest.mark.parametrize(("name", "wait"), [("rate_429", "7"), ("rate_429_bare", None)])
def test_too_many_requests_is_a_status_with_or_without_a_wait(
    url: str, vendor: Vendor, name: str, wait: str | None
) -> None:
    answer = send(url, body=form(**ADD), fault=f"{name},retry=7")

    assert answer.status == 429
    assert answer.headers.get("Retry-After") == wait
    assert vendor.orders == {}


def test_without_funds_the_balance_is_nothing(url: str, vendor: Vendor) -> None:
    reply = call(url, "no_funds", action="balance")

    assert reply == {"balance": "0.00000", "currency": "USD"}
    assert vendor.ledger.balance == 10_000


@pytest.mark.parametrize("action", ["status", "refill", "cancel"])
def test_a_batch_gets_one_error_and_a_single_id_its_answer(
    url: str, vendor: Vendor, action: str
) -> None:
    number = add(url)["order"]

    assert call(url, "batch_error", action=action, orders=number) == {
        "error": "Incorrect request"
    }
    assert vendor.orders[number].cancel_at is None
    if action == "status":
        assert "charge" in call(url, "batch_error", action=action, order=number)
    assert counts(url) == {"batch_error": 1}


@pytest.mark.parametrize(
    ("name", "reply", "given"),
    [
        ("id_text", {"order": "23502"}, "23502"),
        ("id_zero", {"order": 0}, "0"),
        ("id_duplicate", {"order": 23501}, "23501"),
        ("id_missing", {"status": "success"}, ""),
    ],
)
def test_a_second_order_is_named_badly_and_stays_itself(
    url: str, vendor: Vendor, name: str, reply: object, given: str
) -> None:
    first = add(url)

    assert add(url, name) == reply
    assert first == {"order": 23501}
    assert [(row["given"], row["fault"]) for row in book.whole(vendor)["orders"]] == [
        ("23501", ""),
        (given, name),
    ]
    assert call(url, action="status", order=23502)["status"] == "Pending"
    assert counts(url) == {name: 1}


def test_a_first_order_has_nobody_to_share_its_id_with(
    url: str, vendor: Vendor
) -> None:
    assert add(url, "id_missing") == {"status": "success"}
    assert add(url, "id_duplicate") == {"order": 23502}
    assert [(row["given"], row["fault"]) for row in book.whole(vendor)["orders"]] == [
        ("", "id_missing"),
        ("23502", ""),
    ]
    assert counts(url) == {"id_missing": 1}


def test_an_opaque_id_is_understood_wherever_ids_are(
    url: str, vendor: Vendor, clock: Clock
) -> None:
    name = add(url, "id_opaque")["order"]
    other = add(url)["order"]

    assert name.startswith("ord_")
    assert len(name) == 30
    assert list(call(url, action="status", orders=f"{name},{other}")) == [
        name,
        str(other),
    ]
    assert call(url, action="cancel", orders=f"{other},{name}") == [
        {"order": other, "cancel": 1},
        {"order": name, "cancel": 1},
    ]
    clock.move(20)
    assert call(url, action="status", order=name)["status"] == "Canceled"
    done = add(url, "id_opaque")["order"]
    clock.move(20)
    assert call(url, action="refill", order=done) == {"refill": "1"}
    assert call(url, action="refill", orders=done)[0]["order"] == done
    assert [row["order"] for row in call(url, action="orders")] == [done, other, name]
    assert vendor.refills[1].order == 23503


def test_an_opaque_id_that_was_not_given_out_is_incorrect(url: str) -> None:
    add(url, "id_opaque")

    reply = call(url, action="status", order="ord_" + "0" * 26)

    assert reply == {"error": "Incorrect order ID"}


def test_the_orders_of_an_opaque_subscription_are_opaque(
    url: str, clock: Clock
) -> None:
    plan = {"service": 9, "username": "a", "min": 5, "max": 9, "delay": 0, "posts": 1}
    name = call(url, "id_opaque", action="add", **plan)["order"]
    clock.move(20)

    children = call(url, action="status", order=name)["orders"]

    assert [child.startswith("ord_") for child in children] == [True]
    assert call(url, action="status", order=children[0])["status"] == "Pending"


def test_a_refused_add_meets_no_fault_of_an_accepted_one(
    url: str, vendor: Vendor
) -> None:
    for name in ("id_zero", "id_opaque", "regret_partial", "price_jump"):
        assert add(url, name, quantity=1) == {"error": "Quantity less than minimal 50"}
    assert counts(url) == {}
    assert vendor.refused == {"Quantity less than minimal 50": 4}
    assert vendor.names == {}


@pytest.mark.parametrize(
    ("name", "status", "charge", "remains", "credited"),
    [
        ("regret_partial", "Partial", "0.07500", "50", "0.07500"),
        ("regret_cancel", "Canceled", "0.00000", "100", "0.15000"),
    ],
)
def test_a_completed_order_is_taken_back_a_life_later(
    url: str,
    vendor: Vendor,
    clock: Clock,
    name: str,
    status: str,
    charge: str,
    remains: str,
    credited: str,
) -> None:
    number = add(url, name)["order"]
    clock.move(39)
    before = call(url, action="status", order=number)
    assert (before["status"], before["charge"]) == ("Completed", "0.15000")
    assert vendor.ledger.balance == Decimal("9999.85")
    clock.move(1)

    after = call(url, action="status", order=number)

    assert (after["status"], after["charge"]) == (status, charge)
    assert after["remains"] == remains
    assert vendor.ledger.balance == 10_000 - Decimal(charge)
    assert book.whole(vendor)["entries"][-1] == {
        "kind": "credit",
        "order": number,
        "amount": credited,
    }
    clock.move(1000)
    assert call(url, action="status", order=number) == after


def test_a_cancel_asked_for_too_late_does_not_hurry_the_regret(
    url: str, clock: Clock
) -> None:
    number = add(url, "regret_cancel")["order"]
    clock.move(19.9)
    call(url, action="cancel", orders=number)
    clock.move(5)

    assert call(url, action="status", order=number)["status"] == "Completed"


def test_an_order_that_is_not_completed_is_not_regretted(
    url: str, clock: Clock
) -> None:
    number = add(url, "regret_cancel", link=f"{LINK}#partial=40")["order"]
    clock.move(100)

    assert call(url, action="status", order=number)["status"] == "Partial"


def test_more_is_delivered_than_was_ordered_for_the_same_money(
    url: str, vendor: Vendor, clock: Clock
) -> None:
    number = add(url, "over_delivery")["order"]
    clock.move(20)

    reply = call(url, action="status", order=number)

    assert (reply["status"], reply["remains"]) == ("Completed", "-10")
    assert reply["charge"] == "0.15000"
    assert book.whole(vendor)["orders"][0]["delivered"] == 110


def test_prices_jump_from_the_first_time_on_for_services_and_orders(
    url: str, vendor: Vendor
) -> None:
    send(url, path="/_faults", body="price_jump:services,jump=1.5")

    number = add(url)["order"]
    assert vendor.orders[number].charge == Decimal("0.15")
    rows = call(url, action="services")
    assert [Decimal(row["rate"]) for row in rows] == [
        Decimal(str(row["rate"])) * Decimal("1.5") for row in ROWS
    ]
    assert [row | {"rate": 0} for row in rows] == [row | {"rate": 0} for row in ROWS]
    number = add(url)["order"]
    assert vendor.orders[number].charge == Decimal("0.225")
    send(url, path="/_faults", body="")
    assert call(url, action="services") == ROWS


def test_only_the_key_that_wished_for_it_sees_prices_jump(
    url: str, vendor: Vendor
) -> None:
    add(url, key="practice+price_jump,jump=10")
    add(url)

    assert [order.charge for order in vendor.orders.values()] == [
        Decimal("1.5"),
        Decimal("0.15"),
    ]


@pytest.mark.parametrize(
    ("name", "key", "told"),
    [
        ("charge_missing", "charge", None),
        ("currency_missing", "currency", None),
        ("remains_missing", "remains", None),
        ("remains_negative", "remains", "-3"),
        ("remains_unknown", "remains", "Unknown"),
        ("status_unknown", "status", "Under review"),
    ],
)
def test_a_status_is_told_wrongly_of_one_order_and_of_many(
    url: str, name: str, key: str, told: str | None
) -> None:
    first, second = add(url)["order"], add(url)["order"]
    truth = call(url, action="status", orders=f"{first},{second}")

    single = call(url, name, action="status", order=first)
    many = call(url, name, action="status", orders=f"{first},{second},9")

    assert single.get(key) == told
    assert {**single, key: truth[str(first)][key]} == truth[str(first)]
    assert [row.get(key) for row in many.values()] == [told, told, None]
    assert many["9"] == {"error": "Incorrect order ID"}
    assert call(url, action="status", order=first) == truth[str(first)]
    assert counts(url) == {name: 2}


def test_an_unknown_word_is_told_of_refills_as_well(url: str, clock: Clock) -> None:
    number = add(url)["order"]
    clock.move(20)
    call(url, action="refill", order=number)

    reply = call(url, "status_unknown", action="refill_status", refill=1)
    many = call(url, "status_unknown", action="refill_status", refills="1,2")

    assert reply == {"status": "Under review"}
    assert many == [
        {"refill": 1, "status": "Under review"},
        {"refill": 2, "status": {"error": "Refill not found"}},
    ]


def test_a_fresh_order_is_not_known_until_it_is_processed(
    url: str, clock: Clock
) -> None:
    old = add(url)["order"]
    clock.move(4)
    fresh = add(url)["order"]
    denial = {"error": "Incorrect order ID"}

    assert call(url, "fresh_error", action="status", order=fresh) == denial
    many = call(url, "fresh_error", action="status", orders=f"{old},{fresh}")
    assert many[str(fresh)] == denial
    assert many[str(old)]["status"] == "Processing"


def test_every_other_id_of_many_is_left_out(url: str, vendor: Vendor) -> None:
    numbers = [add(url)["order"] for _ in range(4)]
    key, ids = "practice+ids_left_out", ",".join(map(str, numbers))

    def told() -> list[str]:
        return list(call(url, key=key, action="status", orders=ids))

    assert told() == [str(numbers[0]), str(numbers[2])]
    assert told() == [str(numbers[1])]
    assert call(url, key=key, action="cancel", orders=numbers[3]) == []
    assert vendor.orders[numbers[3]].cancel_at is not None
    assert "status" in call(url, key=key, action="status", order=numbers[0])
    assert counts(url) == {"ids_left_out": 3}


def test_a_catalogue_is_cut_short(url: str, vendor: Vendor) -> None:
    rows = [ROWS[0] | {"service": number} for number in range(21)]
    vendor.catalogue = Catalogue(json.dumps(rows))

    assert call(url, "catalogue_tenth", action="services") == rows[:3]
    assert call(url, "catalogue_empty", action="services") == []
    whole = send(url, body=form(action="services")).body
    cut = send(url, body=form(action="services"), fault="catalogue_cut").body
    assert cut == whole[: len(whole) // 2]
    assert call(url, action="services") == rows


def test_an_answer_given_again_for_a_request_id_is_the_one_in_the_book(
    url: str, vendor: Vendor, clock: Clock
) -> None:
    add(url, "id_missing", request_id="a")
    clock.move(20)
    assert [row["given"] for row in book.whole(vendor)["orders"]] == [""]

    assert add(url, request_id="a") == {"order": 23501}
    assert [(row["given"], row["fault"]) for row in book.whole(vendor)["orders"]] == [
        ("23501", "")
    ]
