"""The tolerant reader of `refill_status`."""

import json

import pytest

from provider.protocol.readers import read_refill_statuses
from provider.protocol.replies import ErrorReply, RefillStatusRow, UnreadableReply
from provider.protocol.statuses import RefillStatus

COMPLETED = RefillStatusRow(RefillStatus.COMPLETED, "Completed")
NOT_FOUND = RefillStatusRow(RefillStatus.NOT_FOUND, "Refill not found")


def read(reply: object, *ids: str) -> dict[str, RefillStatusRow]:
    return read_refill_statuses(ids or ("1",), json.dumps(reply).encode())


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"status": "Completed"}, id="a row"),
        pytest.param([{"status": "Completed"}], id="a list even for one"),
        pytest.param([{"refill": 1, "status": "Completed"}], id="a list with its id"),
        pytest.param({"refill_id": "1", "status": "Completed"}, id="refill_id"),
        pytest.param({"1": {"status": "Completed"}}, id="keyed by id"),
        pytest.param({"1": "Completed"}, id="keyed by id, bare"),
        pytest.param({"data": {"status": "Completed"}}, id="under data"),
    ],
)
def test_one_refill_is_read(reply: object) -> None:
    assert read(reply) == {"1": COMPLETED}


def test_each_of_many_refills_has_its_own_status() -> None:
    reply = [
        {"refill": 1, "status": "Completed"},
        {"refill": "2", "status": "Rejected"},
        {"refill": 3, "status": {"error": "Refill not found"}},
        {"refill": 99, "status": "Completed"},
        {"refill": 4, "status": None},
    ]
    assert read(reply, "1", "2", "3", "4") == {
        "1": COMPLETED,
        "2": RefillStatusRow(RefillStatus.REJECTED, "Rejected"),
        "3": NOT_FOUND,
    }


@pytest.mark.parametrize(
    "reply",
    [
        {"status": {"error": "Refill not found"}},
        {"error": "Refill not found"},
        {"status": "Refill not found"},
        "Refill not found",
    ],
)
def test_a_refill_that_is_not_found_has_a_status(reply: object) -> None:
    assert read(reply) == {"1": NOT_FOUND}


def test_an_error_as_status_is_a_refills_status() -> None:
    assert read({"status": "Error"}) == {
        "1": RefillStatusRow(RefillStatus.ERROR, "Error")
    }


def test_any_other_error_is_a_status_that_we_do_not_know() -> None:
    assert read({"status": {"error": "Oops"}}) == {"1": RefillStatusRow(None, "Oops")}


def test_an_unknown_word_is_kept_and_not_guessed() -> None:
    assert read({"status": "Paused"}) == {"1": RefillStatusRow(None, "Paused")}


@pytest.mark.parametrize(
    "reply", [{"error": "Incorrect request"}, {"error": "Invalid key"}]
)
def test_an_error_for_several_refills_is_raised(reply: object) -> None:
    with pytest.raises(ErrorReply):
        read(reply, "1", "2")


def test_an_error_about_the_call_is_raised() -> None:
    with pytest.raises(ErrorReply, match="provider_down"):
        read({"error": "Invalid key"})


@pytest.mark.parametrize("reply", [5, None, [1], {"foo": 1}, {"status": True}])
def test_garbage_is_unreadable(reply: object) -> None:
    with pytest.raises(UnreadableReply, match="shape"):
        read(reply)


@pytest.mark.parametrize("reply", [[], {}, {"2": "Completed"}])
def test_a_reply_about_other_refills_says_nothing(reply: object) -> None:
    assert read(reply) == {}
