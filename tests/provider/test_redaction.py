"""What is kept of long replies."""

import pytest

from provider.redaction import ARCHIVED_BYTES, DECODED_BYTES, beginning

KEY = "0123456789abcdef"


def test_of_a_long_reply_the_beginning_is_kept() -> None:
    body = b"[" + b"x" * DECODED_BYTES

    assert beginning(body, key=KEY) == body[:ARCHIVED_BYTES].decode()
    assert beginning(b'{"a": "\xec\x84"}', key=KEY) == '{"a": "\ufffd"}'


@pytest.mark.parametrize("seen", range(1, len(KEY) + 1))
def test_a_key_that_the_end_of_the_beginning_parts_is_not_kept(seen: int) -> None:
    # So many keys that what is left of them fits into what is kept.
    keys = (DECODED_BYTES - seen) // len(KEY)
    body = b"x" * (DECODED_BYTES - seen - keys * len(KEY)) + KEY.encode() * (keys + 1)

    kept = beginning(body + b"]", key=KEY)

    assert KEY[:seen] not in kept.replace("***", "").replace("x", "")
    assert "***" in kept


def test_without_a_key_a_long_reply_is_cut_all_the_same() -> None:
    assert len(beginning(b"x" * (DECODED_BYTES + 1), key="")) == ARCHIVED_BYTES
