"""Calls that speak JSON: what an answer means, and what is said of it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from payments.gateways.calling import (
    RefusedError,
    call,
    conceal,
    describe,
    header,
    read_event,
)
from payments.gateways.protocol import GatewayError, UnreadableError
from tests.provider.feeds import Feed, serving


@pytest.fixture
def feed(settings: Settings) -> Any:
    with serving() as feed:
        yield feed


@pytest.mark.parametrize(
    ("status", "unknown"),
    [
        (400, False),
        (401, False),
        (402, False),
        (404, False),
        (408, True),
        (409, True),
        (422, False),
        (429, False),
        (500, True),
        (503, True),
    ],
)
def test_a_refusal_is_an_answer_and_a_failure_is_none(
    feed: Feed, status: int, unknown: bool
) -> None:
    feed.status = status
    feed.body = json.dumps({"code": "no", "message": "never"}).encode()

    with pytest.raises(RefusedError) as caught:
        call("POST", feed.url, headers={}, body={})
    assert caught.value.unknown is unknown
    assert caught.value.message == f"{status} no never"
    assert (caught.value.status, caught.value.content["code"]) == (status, "no")


def test_a_redirect_is_not_followed(feed: Feed) -> None:
    feed.status = 302

    with pytest.raises(GatewayError) as caught:
        call("GET", feed.url, headers={})
    assert caught.value.unknown


def test_numbers_are_never_floats(feed: Feed) -> None:
    feed.body = b'{"amount": 12.10}'

    assert call("GET", feed.url, headers={}) == {"amount": Decimal("12.10")}


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_json_is_no_answer(feed: Feed, body: bytes) -> None:
    feed.body = body

    with pytest.raises(GatewayError) as caught:
        call("GET", feed.url, headers={})
    assert caught.value.unknown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"code": "a", "message": "b"}, "a b"),
        ({"error": "invalid_client", "error_description": "c"}, "invalid_client c"),
        ({"name": "X", "details": [{"issue": "Y"}]}, "X Y"),
        ([{"message": "b"}], "b"),
        ([], ""),
        ("text", ""),
        (None, ""),
        ({"message": "m" * 600}, "m" * 500),
    ],
)
def test_an_error_is_told_in_the_gateway_s_words(content: Any, said: str) -> None:
    assert describe(content) == said


@pytest.mark.parametrize(
    "key", ["sk_test_51H8xy", "rk_live_9", "whsec_a1", "test_sk_zX", "live_sk_Q"]
)
def test_keys_are_not_told(key: str) -> None:
    assert conceal(f"Invalid key: {key}.") == "Invalid key: (key)."


def test_headers_have_no_case() -> None:
    assert header({"Btcpay-Sig": "x"}, "BTCPay-Sig") == "x"
    assert header({}, "BTCPay-Sig") == ""


def test_a_notification_is_an_object() -> None:
    assert read_event(b'{"a": 1}') == {"a": 1}
    for body in (b"", b"[]", b"1"):
        with pytest.raises(UnreadableError):
            read_event(body)
