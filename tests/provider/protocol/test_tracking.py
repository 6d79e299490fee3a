"""The tolerant reader of `status`."""

import json
from decimal import Decimal
from typing import Any

import pytest

from provider.protocol.errors import ErrorClass
from provider.protocol.readers import read_statuses
from provider.protocol.replies import ErrorReply, IdError, StatusRow, UnreadableReply
from provider.protocol.statuses import UpstreamStatus

ROW = {
    "charge": "0.27819",
    "start_count": "3572",
    "status": "Partial",
    "remains": "157",
    "currency": "USD",
}
READ = StatusRow(
    status=UpstreamStatus.PARTIAL,
    status_given="Partial",
    charge=Decimal("0.27819"),
    charge_given="0.27819",
    start_count=3572,
    remains=157,
    remains_given="157",
    currency="USD",
)
BAD_ID = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)


def read(reply: object, *ids: str) -> dict[str, StatusRow | IdError]:
    return read_statuses(ids or ("1",), json.dumps(reply).encode())


def read_row(**changes: Any) -> StatusRow:
    answer = read({**ROW, **changes})["1"]
    assert isinstance(answer, StatusRow)
    return answer


def without(name: str) -> StatusRow:
    answer = read({key: value for key, value in ROW.items() if key != name})["1"]
    assert isinstance(answer, StatusRow)
    return answer


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(ROW, id="a row"),
        pytest.param({"order": "1", **ROW}, id="a row with its id"),
        pytest.param([ROW], id="a list of one"),
        pytest.param({"1": ROW}, id="keyed by id"),
        pytest.param({"data": ROW}, id="under data"),
        pytest.param(
            {"status": "success", "data": ROW}, id="under data, with a status"
        ),
        pytest.param({"data": {"1": ROW}}, id="keyed, under data"),
    ],
)
def test_one_order_is_read(reply: object) -> None:
    assert read(reply) == {"1": READ}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(
            {"1": ROW, "2": {"error": "Incorrect order ID"}}, id="error object"
        ),
        pytest.param({"1": ROW, "2": "Incorrect order ID"}, id="error text"),
        pytest.param(
            [{"order": 1, **ROW}, {"order": "2", "error": "Incorrect order ID"}],
            id="array of rows",
        ),
        pytest.param(
            {"orders": [{"id": 1, **ROW}, {"id": 2, "error": "Incorrect order ID"}]},
            id="array under orders",
        ),
        pytest.param(
            {"orders": {"1": ROW, "2": "Incorrect order ID"}, "status": "ok"},
            id="keyed, under orders",
        ),
    ],
)
def test_many_orders_are_read(reply: object) -> None:
    assert read(reply, "1", "2", "3") == {"1": READ, "2": BAD_ID}


def test_ids_that_were_not_asked_are_ignored() -> None:
    assert read({"1": ROW, "99": ROW}, "1", "2") == {"1": READ}
    assert read([{"order": 99, **ROW}, {"order": 1, **ROW}], "1", "2") == {"1": READ}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param([{"order": 99, **ROW}], id="a list with another order"),
        pytest.param({"99": ROW}, id="keyed by another order"),
        pytest.param([], id="empty list"),
        pytest.param({}, id="empty object"),
        pytest.param({"1": {}}, id="an empty row"),
        pytest.param({"1": {"status": ""}}, id="a row without a status"),
        pytest.param({"1": {"status": True}}, id="a row with a flag as status"),
        pytest.param({"1": None}, id="null for a row"),
    ],
)
def test_a_reply_that_says_nothing_of_what_was_asked_says_nothing(
    reply: object,
) -> None:
    assert read(reply) == {}


def test_of_two_rows_for_one_id_the_first_counts() -> None:
    rows = [{"order": 1, **ROW}, {"order": 1, **ROW, "status": "Completed"}]
    assert read(rows, "1", "2") == {"1": READ}


def test_a_row_without_an_id_belongs_to_none_of_several() -> None:
    with pytest.raises(UnreadableReply, match="shape"):
        read(ROW, "1", "2")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(5, id="number"),
        pytest.param(None, id="null"),
        pytest.param([1, 2], id="list of numbers"),
        pytest.param({"foo": 1}, id="another object"),
        pytest.param({"status": "success"}, id="a bare success"),
        pytest.param({"status": "fail"}, id="a bare failure"),
        pytest.param({"success": True}, id="success true"),
        pytest.param({"success": False}, id="success false"),
        pytest.param({"order": 99, **ROW}, id="a row of another order"),
        pytest.param({"data": {"data": {"data": {"data": ROW}}}}, id="too many levels"),
    ],
)
def test_garbage_is_unreadable(reply: object) -> None:
    with pytest.raises(UnreadableReply, match="shape"):
        read(reply)


def test_a_failed_order_is_no_failed_call() -> None:
    row = read({"status": "Fail", "charge": "0", "remains": "100"})["1"]
    assert isinstance(row, StatusRow)
    assert row.status is UpstreamStatus.FAILED
    assert (row.charge, row.remains) == (Decimal(0), 100)


@pytest.mark.parametrize(
    "reply",
    [
        {"error": "Incorrect order ID"},
        [{"error": "Incorrect order ID"}],
        {"status": "fail", "message": "Incorrect order ID"},
        {"order": 1, "error": "Incorrect order ID"},
        "Incorrect order ID",
    ],
)
def test_an_error_about_the_only_id_is_that_ids(reply: object) -> None:
    assert read(reply) == {"1": BAD_ID}


@pytest.mark.parametrize(
    "text", ["Invalid key", "Too many requests", "Not enough funds"]
)
@pytest.mark.parametrize("form", ["whole", "by id"])
def test_an_error_about_the_call_is_raised(text: str, form: str) -> None:
    reply = {"error": text} if form == "whole" else {"1": {"error": text}}
    with pytest.raises(ErrorReply) as caught:
        read(reply)
    assert caught.value.text == text


def test_an_error_for_several_ids_is_raised() -> None:
    with pytest.raises(ErrorReply, match="unknown_id"):
        read({"error": "Incorrect order ID"}, "1", "2")


def test_errors_about_the_call_spoil_only_their_own_ids() -> None:
    answers = read({"1": ROW, "2": {"error": "Too many requests"}}, "1", "2")
    assert answers == {
        "1": READ,
        "2": IdError("Too many requests", ErrorClass.NOT_EXECUTED),
    }


@pytest.mark.parametrize(
    ("given", "charge", "kept"),
    [
        ("0.27819", "0.27819", "0.27819"),
        (0.5, "0.5", "0.5"),
        (0, "0", "0"),
        (None, None, ""),
        ("", None, ""),
        ("free", None, "free"),
    ],
)
def test_a_charge_is_exact_or_none(
    given: object, charge: str | None, kept: str
) -> None:
    row = read_row(charge=given)
    assert (row.charge, row.charge_given) == (charge and Decimal(charge), kept)


def test_a_missing_charge_is_absent() -> None:
    row = without("charge")
    assert (row.charge, row.charge_given) == (None, "")


@pytest.mark.parametrize(
    ("given", "remains", "kept"),
    [
        ("157", 157, "157"),
        (157, 157, "157"),
        (-5, -5, "-5"),
        ("-5", -5, "-5"),
        (10**12, 10**12, "1000000000000"),
        ("Unknown", None, "Unknown"),
        ("abc", None, "abc"),
        (3.5, None, "3.5"),
        ("", None, ""),
        (None, None, ""),
        (True, None, "true"),
    ],
)
def test_remains_is_exact_or_none(
    given: object, remains: int | None, kept: str
) -> None:
    row = read_row(remains=given)
    assert (row.remains, row.remains_given) == (remains, kept)


def test_missing_remains_is_none() -> None:
    assert (without("remains").remains, without("remains").remains_given) == (None, "")


@pytest.mark.parametrize(
    ("given", "start_count"), [("3572", 3572), (3572, 3572), (None, None), ("", None)]
)
def test_a_start_count_is_exact_or_none(given: object, start_count: int | None) -> None:
    assert read_row(start_count=given).start_count == start_count


def test_a_start_count_may_be_missing_or_a_counter() -> None:
    assert without("start_count").start_count is None
    row = read({"status": "Pending", "start_counter": "12"})["1"]
    assert isinstance(row, StatusRow)
    assert row.start_count == 12


def test_a_currency_may_be_missing() -> None:
    assert without("currency").currency is None


def test_a_status_alone_is_enough() -> None:
    expected = StatusRow(UpstreamStatus.COMPLETED, "Completed")
    assert read({"status": "Completed"}) == {"1": expected}


@pytest.mark.parametrize(("given", "kept"), [("Moderation", "Moderation"), (7, "7")])
def test_an_unknown_word_is_kept_and_not_guessed(given: object, kept: str) -> None:
    row = read_row(status=given)
    assert (row.status, row.status_given) == (None, kept)


def test_a_drip_feed_names_its_runs_and_orders() -> None:
    row = read({"status": "In progress", "runs": "2/5", "orders": [11, "12", 11, None]})
    assert row["1"] == StatusRow(
        UpstreamStatus.IN_PROGRESS, "In progress", runs="2/5", orders=("11", "12")
    )


def test_a_subscription_names_its_orders() -> None:
    reply = {
        "status": "Active",
        "expiry": "1/2/2030",
        "posts": "10",
        "orders": [{"order": 11, "status": "Completed"}, {"order": "12"}],
    }
    row = read(reply)["1"]
    assert isinstance(row, StatusRow)
    assert (row.status, row.orders) == (UpstreamStatus.IN_PROGRESS, ("11", "12"))
