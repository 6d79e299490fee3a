"""What an answer to `add` means."""

import json

import pytest

from provider.protocol.adding import retry_after
from provider.protocol.errors import ErrorClass, Phrase
from provider.protocol.readers import read_add
from provider.protocol.replies import AddAnswer, AddOutcome


def read(reply: object, *, status: int = 200, **headers: str) -> AddAnswer:
    return read_add(status, headers, json.dumps(reply).encode())


@pytest.mark.parametrize(
    ("reply", "upstream_id"),
    [
        pytest.param({"order": 23501}, "23501", id="a number"),
        pytest.param({"order": "23501"}, "23501", id="text"),
        pytest.param([{"order": "1242"}], "1242", id="in a list"),
        pytest.param({"status": "success", "order": 151}, "151", id="with a status"),
        pytest.param({"order_id": 151}, "151", id="order_id"),
        pytest.param({"order": "ord_01HG5ZK"}, "ord_01HG5ZK", id="opaque"),
        pytest.param({"data": {"order": 151}}, "151", id="under data"),
        pytest.param("23501", "23501", id="bare text"),
        pytest.param(23501, "23501", id="bare number"),
        pytest.param(
            {"order": 5, "charge": "0.1", "currency": "USD"}, "5", id="charge"
        ),
        pytest.param(
            {"order": 5, "error": "Not enough funds"}, "5", id="with an error"
        ),
    ],
)
def test_a_usable_id_is_accepted(reply: object, upstream_id: str) -> None:
    assert read(reply) == AddAnswer(AddOutcome.ACCEPTED, upstream_id)


@pytest.mark.parametrize("status", [201, 400, 429, 500, 503])
def test_an_id_is_accepted_at_any_http_status(status: int) -> None:
    assert read({"order": 7}, status=status) == AddAnswer(AddOutcome.ACCEPTED, "7")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"order": 0}, id="0"),
        pytest.param({"order": "0"}, id="text 0"),
        pytest.param({"order": ""}, id="empty text"),
        pytest.param({"order": None}, id="null"),
        pytest.param({"order": True}, id="true"),
        pytest.param({"order": 1.5}, id="a fraction"),
        pytest.param({"order": {"id": 5}}, id="an object"),
        pytest.param({"order": "Not enough funds"}, id="words"),
        pytest.param({"status": "success"}, id="no id"),
        pytest.param({}, id="empty object"),
        pytest.param([], id="empty list"),
        pytest.param([{"order": 1}, {"order": 2}], id="two ids"),
        pytest.param(None, id="null alone"),
        pytest.param(1, id="a bare 1"),
        pytest.param({"error": True}, id="an error without text"),
    ],
)
def test_without_a_usable_id_it_is_unknown(reply: object) -> None:
    assert read(reply) == AddAnswer(AddOutcome.UNKNOWN, error="no_id")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Invalid key", AddOutcome.PROVIDER_DOWN),
        ("IP not allowed", AddOutcome.PROVIDER_DOWN),
        ("Account banned", AddOutcome.PROVIDER_DOWN),
        ("API disabled", AddOutcome.PROVIDER_DOWN),
        ("Not enough funds", AddOutcome.HELD_FUNDS),
        ("Insufficient balance", AddOutcome.HELD_FUNDS),
        ("You have an active order with this link", AddOutcome.HELD_LINK),
        ("link_duplicate", AddOutcome.HELD_LINK),
        ("Incorrect service ID", AddOutcome.REFUSED),
        ("Inactive service", AddOutcome.REFUSED),
        ("Min quantity is 100", AddOutcome.REFUSED),
        ("Max quantity is 100", AddOutcome.REFUSED),
        ("Bad link", AddOutcome.REFUSED),
        ("Bad comments", AddOutcome.REFUSED),
        ("Too many requests", AddOutcome.NOT_EXECUTED),
        ("Wait 20 seconds", AddOutcome.NOT_EXECUTED),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 502])
def test_a_known_text_has_its_meaning_at_any_http_status(
    text: str, outcome: AddOutcome, status: int
) -> None:
    answer = read({"error": text}, status=status)
    assert (answer.outcome, answer.error, answer.upstream_id) == (outcome, text, None)


@pytest.mark.parametrize("status", [200, 400, 403, 422])
@pytest.mark.parametrize("text", ["Oops", "Incorrect order ID"])
def test_new_wording_is_held(text: str, status: int) -> None:
    answer = read({"error": text}, status=status)
    assert answer == AddAnswer(AddOutcome.HELD_WORDING, error=text)


def test_new_wording_with_a_server_error_is_unknown() -> None:
    answer = read({"error": "Oops"}, status=500)
    assert answer == AddAnswer(AddOutcome.UNKNOWN, error="Oops")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"<html>Just a moment...</html>", "html", id="a page"),
        pytest.param(b'{"order": 23', "not_json", id="cut"),
    ],
)
@pytest.mark.parametrize("status", [200, 403, 502, 503])
def test_no_json_is_unknown(body: bytes, error: str, status: int) -> None:
    answer = read_add(status, {}, body)
    assert answer == AddAnswer(AddOutcome.UNKNOWN, error=error)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(b"{}", id="no text"),
        pytest.param(b'{"error": "Oops"}', id="new wording"),
    ],
)
def test_429_was_not_executed(body: bytes) -> None:
    answer = read_add(429, {"Retry-After": "30"}, body)
    assert (answer.outcome, answer.retry_after) == (AddOutcome.NOT_EXECUTED, 30.0)
    assert read_add(429, {}, body).retry_after is None


def test_the_seconds_in_the_text_are_kept() -> None:
    assert read({"error": "Wait 20 seconds"}).retry_after == 20.0


def test_a_named_wording_has_the_class_that_staff_gave_it() -> None:
    phrases = (Phrase("profile is private", ErrorClass.REFUSED),)
    body = b'{"error": "The profile is private"}'
    assert read_add(200, {}, body, phrases=phrases).outcome is AddOutcome.REFUSED


SENT = "Wed, 21 Oct 2015 07:28:00 GMT"
LATER = "Wed, 21 Oct 2015 07:29:30 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": " 7 "}, 7.0, id="seconds"),
        pytest.param({"Retry-After": "9" * 9}, 86_400.0, id="at most a day"),
        pytest.param({"Retry-After": LATER, "Date": SENT}, 90.0, id="a date"),
        pytest.param({"Retry-After": SENT, "Date": LATER}, 0.0, id="a date gone by"),
        pytest.param({"Retry-After": LATER}, None, id="a date without a Date"),
        pytest.param(
            {"Retry-After": LATER, "Date": SENT.replace("GMT", "-0000")},
            90.0,
            id="a Date without a zone",
        ),
        pytest.param({"Retry-After": "soon", "Date": SENT}, None, id="a word"),
        pytest.param({"Retry-After": "-5"}, None, id="below zero"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
