"""The tolerant reader of `balance`."""

import json
from decimal import Decimal

import pytest

from provider.protocol.errors import ErrorClass, Phrase
from provider.protocol.readers import read_balance
from provider.protocol.replies import Balance, ErrorReply, UnreadableReply


@pytest.mark.parametrize(
    ("reply", "amount", "currency"),
    [
        pytest.param(
            {"balance": "100.84292", "currency": "USD"}, "100.84292", "USD", id="text"
        ),
        pytest.param(
            {"balance": 100.5, "currency": "usd"}, "100.5", "USD", id="number"
        ),
        pytest.param({"balance": "1,234.56"}, "1234.56", None, id="with a comma"),
        pytest.param({"balance": "$12.50"}, "12.50", None, id="with a sign"),
        pytest.param(
            {"status": "success", "data": {"balance": "5", "currency": "EUR"}},
            "5",
            "EUR",
            id="under data",
        ),
        pytest.param(
            {"currency": "KRW", "data": {"balance": 5}},
            "5",
            "KRW",
            id="half under data",
        ),
        pytest.param([{"balance": "5"}], "5", None, id="in a list"),
        pytest.param({"balance": "-3.2"}, "-3.2", None, id="below zero"),
    ],
)
def test_a_balance_is_read(reply: object, amount: str, currency: str | None) -> None:
    body = json.dumps(reply).encode()
    assert read_balance(body) == Balance(Decimal(amount), currency)


@pytest.mark.parametrize(
    "reply", [{}, [], {"balance": None}, {"balance": "much"}, {"data": [1]}, 5, None]
)
def test_anything_else_is_unreadable(reply: object) -> None:
    with pytest.raises(UnreadableReply, match="shape"):
        read_balance(json.dumps(reply).encode())


def test_an_error_is_raised_with_its_class() -> None:
    with pytest.raises(ErrorReply) as caught:
        read_balance(b'{"error": "Invalid key"}')
    assert caught.value.text == "Invalid key"
    assert caught.value.error_class is ErrorClass.PROVIDER_DOWN
    assert caught.value.reason == "error:provider_down"


def test_a_providers_own_wording_is_known() -> None:
    phrases = [Phrase("go away", ErrorClass.PROVIDER_DOWN)]
    with pytest.raises(ErrorReply) as caught:
        read_balance(b'{"error": "Go away!"}', phrases=phrases)
    assert caught.value.error_class is ErrorClass.PROVIDER_DOWN
