"""Errors in replies: their text, and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.protocol.errors import (
    ErrorClass,
    Phrase,
    classify,
    error_text,
    most_ids,
    wait_seconds,
)

DOWN, FUNDS = ErrorClass.PROVIDER_DOWN, ErrorClass.NO_FUNDS
BUSY, REFUSED = ErrorClass.LINK_BUSY, ErrorClass.REFUSED
LATER, UNKNOWN_ID = ErrorClass.NOT_EXECUTED, ErrorClass.UNKNOWN_ID
NEW = ErrorClass.UNRECOGNISED


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"error": "Bad link"}, id="error"),
        pytest.param({"errors": "Bad link"}, id="errors"),
        pytest.param({"errors": ["Bad link", "x"]}, id="errors as a list"),
        pytest.param({"errors": {"link": ["Bad link"]}}, id="errors by field"),
        pytest.param({"error": {"message": "Bad link"}}, id="error with a message"),
        pytest.param(
            {"error": {"code": 7, "text": "Bad link"}}, id="error with a code"
        ),
        pytest.param({"status": "fail", "message": "Bad link"}, id="status fail"),
        pytest.param({"status": False, "message": "Bad link"}, id="status false"),
        pytest.param({"success": False, "msg": "Bad link"}, id="success false"),
        pytest.param({"success": 0, "msg": "Bad link"}, id="success 0"),
        pytest.param({"ok": "false", "msg": "Bad link"}, id="ok false"),
        pytest.param({"error": True, "message": "Bad link"}, id="error true"),
        pytest.param({"error": "1", "msg": "Bad link"}, id="error 1"),
        pytest.param([{"error": "Bad link"}], id="in a list"),
        pytest.param(" Bad \n link ", id="bare text"),
    ],
)
def test_the_text_of_an_error_is_found(value: object) -> None:
    assert error_text(value) == "Bad link"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(
            {"status": "Fail", "charge": "0", "remains": "100"}, id="an order's status"
        ),
        pytest.param(
            {"status": "Error", "orders": [1], "message": "x"}, id="drip-feed"
        ),
        pytest.param({"order": 1}, id="an order"),
        pytest.param({"order": 1, "error": ""}, id="empty error"),
        pytest.param({"order": 1, "error": None}, id="null error"),
        pytest.param({"order": 1, "error": False}, id="false error"),
        pytest.param({"order": 1, "error": "0"}, id="error 0"),
        pytest.param({"order": 1, "error": []}, id="no errors"),
        pytest.param({"error": True}, id="error without text"),
        pytest.param({"error": [[[["deep"]]]]}, id="text too deep"),
        pytest.param({"status": "fail"}, id="failure without text"),
        pytest.param({"status": "success", "message": "fine"}, id="a success"),
        pytest.param([], id="empty list"),
        pytest.param([{"error": "a"}, {"error": "b"}], id="two rows"),
        pytest.param(None, id="null"),
        pytest.param(404, id="a number"),
        pytest.param("", id="empty text"),
        pytest.param("0", id="text 0"),
    ],
)
def test_what_is_no_error_has_no_text(value: object) -> None:
    assert error_text(value) is None


@pytest.mark.parametrize(
    ("text", "error_class"),
    [
        ("Invalid key", DOWN),
        ("Invalid API key", DOWN),
        ("IP not allowed", DOWN),
        ("Your account is banned", DOWN),
        ("API disabled", DOWN),
        ("Not enough funds on balance", FUNDS),
        ("neworder.error.not_enough_funds", FUNDS),
        ("Insufficient balance!", FUNDS),
        (
            "You have active order with this link. Please wait until order being completed.",
            BUSY,
        ),
        ("neworder.error.link_duplicate", BUSY),
        ("Incorrect service ID", REFUSED),
        ("Service is inactive", REFUSED),
        ("Quantity less than minimal 100", REFUSED),
        ("Quantity more than maximal 5000", REFUSED),
        ("Bad link", REFUSED),
        ("Incorrect comments", REFUSED),
        ("Too many requests", LATER),
        ("Please wait 15 seconds", LATER),
        ("Incorrect order ID", UNKNOWN_ID),
        ("Refill not found", UNKNOWN_ID),
        ("잔액이 부족합니다.", FUNDS),
        ("недостаточно СРЕДСТВ", FUNDS),
        ("Yetersiz bakiye", FUNDS),
        ("SİPARİŞ BULUNAMADI", UNKNOWN_ID),
        ("Số dư không đủ", FUNDS),
        ("số lượng tối thiểu là 50", REFUSED),
        ("Đơn hàng không tồn tại", UNKNOWN_ID),
        ("Saldo insuficiente", FUNDS),
        ("Enlace invalido", REFUSED),
        ("Muitas solicitações", LATER),
        ("Something went wrong, try again later", NEW),
        ("subscrip not allowed", NEW),
        ("", NEW),
    ],
)
def test_a_wording_has_its_class(text: str, error_class: ErrorClass) -> None:
    assert classify(text) is error_class


def test_a_providers_own_wording_wins() -> None:
    phrases = [Phrase("bad * profile", FUNDS), Phrase("invalid key", BUSY)]
    assert classify("A bad, private profile (7)", phrases=phrases) is FUNDS
    assert classify("INVALID-KEY", phrases=phrases) is BUSY
    assert classify("bad link", phrases=phrases) is REFUSED


@pytest.mark.parametrize("pattern", ["", "*", " ** ", "!"])
def test_a_pattern_without_words_matches_nothing(pattern: str) -> None:
    assert classify("Anything", phrases=[Phrase(pattern, REFUSED)]) is NEW


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("wait 15 seconds", 15.0),
        ("retry in 1 second", 1.0),
        ("wait: 30s", 30.0),
        ("wait 5 minutes", None),
        ("wait", None),
    ],
)
def test_the_seconds_to_wait_are_found(text: str, seconds: float | None) -> None:
    assert wait_seconds(text) == seconds


@given(st.text(), st.text())
def test_any_text_and_any_pattern_give_a_class(text: str, pattern: str) -> None:
    assert classify(text, phrases=[Phrase(pattern, BUSY)]) in ErrorClass


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("Maximum 50 IDs", 50),
        ("Max. 50 orders per request", 50),
        ("maximum number of ids is 100", 100),
        ("No more than 20 order IDs, please", 20),
        ("You may ask for up to 25 ids", 25),
        ("30 orders max", 30),
        ("Only 10 orders at once", 10),
        ("Order IDs limit exceeded: 40", 40),
        ("Maximum 0 IDs", None),
        ("Incorrect order ID", None),
        ("Incorrect order ID 50", None),
        ("Order 50 not found", None),
        ("Quantity more than maximum 5000", None),
        ("Max 3 requests", None),
        ("Maximum 1.5 orders", None),
    ],
)
def test_the_number_of_ids_is_read_where_an_error_is_about_it(
    text: str, most: int | None
) -> None:
    assert most_ids(text) == most
