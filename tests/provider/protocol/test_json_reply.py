"""JSON as providers send it."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.protocol.json_reply import read_json
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
