"""The tolerant readers of `refill` and `cancel`."""

import json

import pytest

from provider.protocol.errors import ErrorClass
from provider.protocol.readers import read_cancels, read_refills
from provider.protocol.replies import CancelAnswer, RefillAnswer, RequestOutcome

ACCEPTED, REFUSED = RequestOutcome.ACCEPTED, RequestOutcome.REFUSED
LATER, UNKNOWN = RequestOutcome.NOT_EXECUTED, RequestOutcome.UNKNOWN
BAD_ID = ("Incorrect order ID", ErrorClass.UNKNOWN_ID)


def refills(reply: object, *ids: str, status: int = 200) -> dict[str, RefillAnswer]:
    return read_refills(ids or ("1",), status, json.dumps(reply).encode())


def cancels(reply: object, *ids: str, status: int = 200) -> dict[str, CancelAnswer]:
    return read_cancels(ids or ("1",), status, json.dumps(reply).encode())


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"refill": "5"}, id="text"),
        pytest.param({"refill": 5}, id="number"),
        pytest.param({"refill_id": 5}, id="refill_id"),
        pytest.param({"status": "success", "refill": 5}, id="with a status"),
        pytest.param([{"order": 1, "refill": 5}], id="a list of one"),
        pytest.param([{"refill": 5}], id="a list of one, without its order"),
        pytest.param({"1": {"refill": 5}}, id="keyed by order"),
        pytest.param({"1": 5}, id="keyed by order, bare"),
        pytest.param({"data": {"refill": 5}}, id="under data"),
    ],
)
def test_a_refill_is_accepted_with_its_id(reply: object) -> None:
    assert refills(reply) == {"1": RefillAnswer(ACCEPTED, "5")}


def test_each_of_many_refills_has_its_own_answer() -> None:
    reply = [
        {"order": 1, "refill": 7},
        {"order": "2", "refill": {"error": "Incorrect order ID"}},
        {"order": 3, "refill": "Incorrect order ID"},
        {"order": 99, "refill": 8},
    ]
    assert refills(reply, "1", "2", "3", "4") == {
        "1": RefillAnswer(ACCEPTED, "7"),
        "2": RefillAnswer(REFUSED, None, *BAD_ID),
        "3": RefillAnswer(REFUSED, None, *BAD_ID),
        "4": RefillAnswer(UNKNOWN, error="left_out"),
    }


@pytest.mark.parametrize(
    "reply",
    [{"refill": {"error": "Incorrect order ID"}}, {"error": "Incorrect order ID"}],
)
def test_a_single_refill_may_be_refused(reply: object) -> None:
    assert refills(reply) == {"1": RefillAnswer(REFUSED, None, *BAD_ID)}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"refill": 0}, id="0"),
        pytest.param({"refill": None}, id="null"),
        pytest.param({"refill": True}, id="true"),
        pytest.param({"status": "success"}, id="no id"),
        pytest.param({"order": 99, "refill": 5}, id="another order"),
        pytest.param([], id="empty list"),
        pytest.param({}, id="empty object"),
        pytest.param(5, id="a bare number"),
    ],
)
def test_a_refill_without_an_id_is_unknown(reply: object) -> None:
    assert refills(reply) == {"1": RefillAnswer(UNKNOWN, error="shape")}


def test_one_id_for_several_refills_is_unknown() -> None:
    answers = refills({"refill": 5}, "1", "2")
    assert answers == dict.fromkeys(("1", "2"), RefillAnswer(UNKNOWN, error="shape"))


@pytest.mark.parametrize(
    ("status", "body", "outcome", "error"),
    [
        pytest.param(502, b"<html>", UNKNOWN, "html", id="a page"),
        pytest.param(200, b"", UNKNOWN, "empty", id="empty"),
        pytest.param(429, b"", LATER, "empty", id="429"),
        pytest.param(429, b'{"error": "Oops"}', LATER, "Oops", id="429 with new words"),
        pytest.param(200, b'{"error": "Invalid key"}', LATER, "Invalid key", id="key"),
        pytest.param(
            200, b'{"error": "Wait 5 seconds"}', LATER, "Wait 5 seconds", id="wait"
        ),
        pytest.param(200, b'{"error": "Oops"}', REFUSED, "Oops", id="new words"),
        pytest.param(500, b'{"error": "Oops"}', UNKNOWN, "Oops", id="500, new words"),
        pytest.param(
            500, b'{"error": "Bad link"}', REFUSED, "Bad link", id="500, known"
        ),
    ],
)
def test_an_answer_about_the_whole_call_is_each_ids(
    status: int, body: bytes, outcome: RequestOutcome, error: str
) -> None:
    for answers in (
        read_refills(("1", "2"), status, body),
        read_cancels(("1", "2"), status, body),
    ):
        for order_id in ("1", "2"):
            assert answers[order_id].outcome is outcome
            assert answers[order_id].error == error
            assert answers[order_id].whole is (outcome is REFUSED)


def test_a_refusal_of_one_is_not_one_of_a_whole_batch() -> None:
    row = {"order": 2, "cancel": {"error": "Incorrect order ID"}}

    assert not refills({"error": "Oops"})["1"].whole
    assert not cancels([row], "1", "2")["2"].whole


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param([{"order": 1, "cancel": 1}], id="list"),
        pytest.param({"order": "1", "cancel": 1}, id="one object"),
        pytest.param({"cancel": "1"}, id="without its order"),
        pytest.param({"cancel": True}, id="true"),
        pytest.param({"cancel": "Success"}, id="a word"),
        pytest.param({"cancel": 712}, id="an id"),
        pytest.param({"status": "success"}, id="a bare success"),
        pytest.param({"1": {"cancel": 1}}, id="keyed by order"),
        pytest.param({"1": 1}, id="keyed by order, bare"),
        pytest.param([{"order": 1, "status": "success"}], id="a success in a list"),
    ],
)
def test_a_cancel_is_accepted(reply: object) -> None:
    assert cancels(reply) == {"1": CancelAnswer(ACCEPTED)}


def test_each_of_many_cancels_has_its_own_answer() -> None:
    reply = [
        {"order": 9, "cancel": {"error": "Incorrect order ID"}},
        {"order": 2, "cancel": 1},
    ]
    assert cancels(reply, "9", "2", "3") == {
        "9": CancelAnswer(REFUSED, *BAD_ID),
        "2": CancelAnswer(ACCEPTED),
        "3": CancelAnswer(UNKNOWN, "left_out"),
    }


def test_a_bare_success_accepts_every_cancel() -> None:
    answers = cancels({"status": "success"}, "1", "2")
    assert answers == dict.fromkeys(("1", "2"), CancelAnswer(ACCEPTED))


def test_a_bare_success_accepts_no_refill_of_several() -> None:
    answers = refills({"status": "success"}, "1", "2")
    assert answers == dict.fromkeys(("1", "2"), RefillAnswer(UNKNOWN, error="shape"))


@pytest.mark.parametrize("content", [0, "0", False, None, "", {}, []])
def test_a_cancel_that_is_neither_is_unknown(content: object) -> None:
    reply = {"order": 1, "cancel": content, "status": "Pending"}
    assert cancels(reply) == {"1": CancelAnswer(UNKNOWN, "shape")}
