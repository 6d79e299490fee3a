"""The tolerant reader of `orders`."""

import json
from decimal import Decimal
from typing import Any

import pytest

from provider.protocol.readers import read_orders
from provider.protocol.replies import ErrorReply, ListedOrder, UnreadableReply

ROW = {
    "order": 23501,
    "service": "7",
    "link": "https://example.com/film",
    "request_id": "r-1",
    "quantity": "100",
    "charge": "0.27",
}
READ = ListedOrder(
    "23501", "7", "https://example.com/film", "r-1", 100, Decimal("0.27")
)


def read(value: Any) -> list[ListedOrder]:
    return read_orders(json.dumps(value).encode())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([ROW], id="list"),
        pytest.param({"orders": [ROW]}, id="under orders"),
        pytest.param({"data": [ROW]}, id="under data"),
        pytest.param({"23501": {**ROW, "order": ""}}, id="keyed by id"),
        pytest.param([{**ROW, "units": 100, "quantity": None}], id="units"),
        pytest.param([{**ROW, "order": None, "id": "23501"}], id="id"),
    ],
)
def test_the_known_forms_are_read(value: Any) -> None:
    assert read(value) == [READ]


def test_what_a_row_does_not_say_is_none() -> None:
    assert read([{"order": "9"}]) == [ListedOrder("9", "", "", "", None, None)]


def test_a_row_without_an_id_is_left_out() -> None:
    assert read([{**ROW, "order": 0}, "odd", ROW]) == [READ]


def test_a_long_link_is_whole() -> None:
    link = "https://example.com/" + "x" * 900

    assert read([{**ROW, "link": link}])[0].link == link


def test_an_error_is_no_list() -> None:
    with pytest.raises(ErrorReply, match="unrecognised"):
        read({"error": "Incorrect request"})


@pytest.mark.parametrize("value", ["odd", 7, {"status": "success"}, {"a": 1}])
def test_anything_else_is_unreadable(value: Any) -> None:
    with pytest.raises(UnreadableReply):
        read(value)
