"""What holds for every reader, whatever arrives."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.protocol.readers import (
    read_add,
    read_balance,
    read_cancels,
    read_catalogue,
    read_orders,
    read_refill_statuses,
    read_refills,
    read_statuses,
)
from provider.protocol.replies import AddOutcome, StatusRow, UnreadableReply

IDS = ("1", "2", "ord_3")
WORDS = st.sampled_from(
    [
        *("1", "2", "99", "ord_3", "0", "", "Unknown", "3.5", "-5"),
        *("Completed", "Partial", "Success", "Fail", "Error", "Pending"),
        *("Incorrect order ID", "Invalid key", "Too many requests", "Oops"),
    ]
)
KEYS = st.sampled_from(
    [
        *("order", "orders", "order_id", "refill", "refills", "cancel", "id", "1", "2"),
        *("99", "ord_3", "status", "error", "errors", "message", "success", "data"),
        *("charge", "remains", "start_count", "currency", "runs", "balance"),
        *("services", "service", "name", "type", "rate", "min", "max"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6)
    ),
    max_leaves=20,
)
BODIES = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
HTTP_STATUSES = st.sampled_from([200, 201, 400, 403, 422, 429, 500, 502])


@pytest.mark.parametrize("read", [read_balance, read_catalogue, read_orders])
@given(body=BODIES)
def test_any_body_is_an_answer_or_unreadable(
    read: Callable[[bytes], object], body: bytes
) -> None:
    with suppress(UnreadableReply):
        read(body)


@given(body=BODIES)
def test_every_row_of_a_catalogue_is_counted_once(body: bytes) -> None:
    try:
        catalogue = read_catalogue(body)
    except UnreadableReply:
        return
    assert catalogue.total == len(catalogue.rows) + len(catalogue.rejected)
    ids = [row.upstream_id for row in catalogue.rows]
    assert len(set(ids)) == len(ids)
    assert all(isinstance(json.loads(row.raw), dict) for row in catalogue.rows)


@pytest.mark.parametrize("read", [read_statuses, read_refill_statuses])
@given(body=BODIES, ids=st.sampled_from([IDS, IDS[:1], IDS[2:]]))
def test_no_id_is_answered_that_was_not_asked(
    read: Callable[[tuple[str, ...], bytes], dict[str, object]],
    body: bytes,
    ids: tuple[str, ...],
) -> None:
    try:
        answers = read(ids, body)
    except UnreadableReply:
        return
    assert set(answers) <= set(ids)


@given(row=st.dictionaries(KEYS, SCALARS))
def test_a_number_of_a_status_is_what_was_given(row: dict[str, object]) -> None:
    try:
        answer = read_statuses(("1",), json.dumps({"1": row}).encode()).get("1")
    except UnreadableReply:
        return
    if isinstance(answer, StatusRow) and answer.remains is not None:
        assert answer.remains == float(str(row["remains"]))


@given(body=BODIES, status=HTTP_STATUSES)
def test_an_answer_to_add_never_raises(body: bytes, status: int) -> None:
    answer = read_add(status, {}, body)
    assert (answer.outcome is AddOutcome.ACCEPTED) == (answer.upstream_id is not None)


@pytest.mark.parametrize("read", [read_refills, read_cancels])
@given(body=BODIES, status=HTTP_STATUSES)
def test_every_request_has_an_answer(
    read: Callable[[tuple[str, ...], int, bytes], dict[str, object]],
    body: bytes,
    status: int,
) -> None:
    assert list(read(IDS, status, body)) == list(IDS)
