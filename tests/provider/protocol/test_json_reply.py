"""JSON as providers send it."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.protocol.json_reply import read_items, read_json
from provider.protocol.replies import UnreadableReply

NOTICE = b"<br />\n<b>Notice</b>:  Undefined index: a{b in <b>/x.php</b> on line <b>3</b><br />\n"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"order": 1}', {"order": 1}, id="plain"),
        pytest.param(b'\xef\xbb\xbf{"order": 1}', {"order": 1}, id="BOM"),
        pytest.param(b' \r\n{"order": 1}\n', {"order": 1}, id="white space"),
        pytest.param(NOTICE + b'{"order": 1}', {"order": 1}, id="a PHP notice"),
        pytest.param(NOTICE * 2 + b"[1]", [1], id="two PHP notices"),
        pytest.param(
            b"Warning: x in /x.php on line 3\n[1]", [1], id="a PHP warning as text"
        ),
        pytest.param(b"[0.90, 1e2]", [Decimal("0.90"), Decimal("1e2")], id="decimals"),
        pytest.param(b"[12345678901234567890]", [12345678901234567890], id="big int"),
        pytest.param(b"[0e999999]", [Decimal(0)], id="a zero with an exponent"),
        pytest.param(rb'{"a\u0000": "b\u0000\ud800"}', {"a": "b"}, id="NUL, surrogate"),
        pytest.param(b'"\xff"', "\ufffd", id="not UTF-8"),
    ],
)
def test_a_value_is_read(body: bytes, value: object) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"\xef\xbb\xbf \n", "empty", id="a BOM alone"),
        pytest.param(NOTICE, "empty", id="a notice alone"),
        pytest.param(
            b"<!DOCTYPE html><title>Just a moment...</title>", "html", id="a page"
        ),
        pytest.param(
            b"<br /><b>Fatal error</b>: x<br />{}", "html", id="a fatal error"
        ),
        pytest.param(b"OK", "not_json", id="a word"),
        pytest.param(b"[NaN]", "not_json", id="NaN"),
        pytest.param(b"[-Infinity]", "not_json", id="Infinity"),
        pytest.param(b"[1e999999]", "not_json", id="an absurd exponent"),
        pytest.param(b"[" + b"9" * 5000 + b"]", "not_json", id="an absurd number"),
        pytest.param(b'[{"order": 1}, {"order"', "not_json", id="cut"),
        pytest.param(NOTICE + b'[{"a": [1]', "not_json", id="cut after a notice"),
        pytest.param(b'{"order": 1}{"order": 2}', "not_json", id="two values"),
        pytest.param(b"[" * 31 + b"]" * 31, "too_deep", id="31 levels"),
        pytest.param(b"[" * 100_000, "too_deep", id="100,000 levels"),
    ],
)
def test_anything_else_has_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableReply) as caught:
        read_json(body)
    assert caught.value.reason == reason


@given(st.binary())
def test_any_bytes_are_a_value_or_unreadable(body: bytes) -> None:
    with suppress(UnreadableReply):
        read_json(body)


def items(body: str | bytes) -> list[object]:
    found = read_items(body.encode() if isinstance(body, str) else body)
    assert found is not None
    return list(found)


@pytest.mark.parametrize("body", ["", "{}", '{"services": [1]}', "[]", " [ ] ", "<b>"])
def test_what_is_no_plain_list_is_not_read_piece_by_piece(body: str) -> None:
    assert read_items(body.encode()) is None


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1 << 20])
@pytest.mark.parametrize(
    "body",
    [
        '[{"a": 1.50}, 12, "자막 🔥", null, [true]]',
        '\ufeff \n[ 123456789 ,\r\n{"nul": "a\\u0000b\\ud83d"}\t]\n ',
        '[["\\\\u0000", "\\u00e9"]]',
    ],
)
def test_a_list_is_read_piece_by_piece_as_it_is_read_at_once(
    body: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider.protocol.json_reply._PIECE", size)
    assert items(body) == read_json(body.encode())


@pytest.mark.parametrize("size", [1, 4, 1 << 20])
@pytest.mark.parametrize(
    "body",
    [
        "[1", "[1,", "[1,]", "[1 2]", "[1]]", "[1] x", "[1}", '["a', "[NaN]", "[,1]",
        '[{"a": 1}, {"b": ',
    ],
)  # fmt: skip
def test_a_list_that_is_cut_or_wrong_is_refused_in_the_end(
    body: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider.protocol.json_reply._PIECE", size)
    with pytest.raises(UnreadableReply, match="not_json"):
        items(body)


@pytest.mark.parametrize("depth", [31, 5000])
def test_a_list_that_is_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(UnreadableReply, match="too_deep"):
        items("[" * depth + "1" + "]" * depth)
