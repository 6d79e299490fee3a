"""The tolerant reader of `services`."""

import json
from decimal import Decimal
from typing import Any

import pytest

from provider.protocol.readers import read_catalogue
from provider.protocol.replies import (
    Catalogue,
    ErrorReply,
    OfferRow,
    RejectionReason,
    UnreadableReply,
)
from provider.protocol.types import ServiceType

ROW = {
    "service": 1448,
    "name": "Subtitles",
    "type": "Default",
    "category": "Video",
    "rate": "0.90",
    "min": "50",
    "max": "10000",
}


def read(reply: object) -> Catalogue:
    return read_catalogue(json.dumps(reply).encode())


def read_row(**changes: Any) -> OfferRow:
    catalogue = read([{**ROW, **changes}])
    assert catalogue.rejected == ()
    return catalogue.rows[0]


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {
        name: value for name, value in {**ROW, **changes}.items() if name not in names
    }


def test_a_row_is_read_whole() -> None:
    assert read_row(refill=True) == OfferRow(
        upstream_id="1448",
        name="Subtitles",
        type_given="Default",
        type=ServiceType.DEFAULT,
        category="Video",
        rate=Decimal("0.90"),
        min=50,
        max=10000,
        refill=True,
        cancel=None,
        dripfeed=None,
        description="",
        average_time="",
        raw=json.dumps({**ROW, "refill": True}).encode(),
    )


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param([ROW], id="list"),
        pytest.param({"services": [ROW]}, id="under services"),
        pytest.param({"data": [ROW]}, id="under data"),
        pytest.param({"data": {"services": [ROW]}}, id="under both"),
        pytest.param({"1448": ROW}, id="keyed by id"),
        pytest.param({"1448": without("service")}, id="keyed by id, not in the row"),
        pytest.param(
            {"services": {"1448": without("service")}}, id="keyed, under services"
        ),
        pytest.param([without("service", id="1448")], id="id"),
        pytest.param([without("service", service_id=1448)], id="service_id"),
        pytest.param([without("rate", price="0.90")], id="price"),
        pytest.param([{**ROW, "service": "1448"}], id="id as text"),
        pytest.param(
            [{**ROW, "min": 50, "max": "10000"}], id="numbers mixed with text"
        ),
        pytest.param([{**ROW, "rate": 0.9}], id="rate as a number"),
    ],
)
def test_every_form_of_a_catalogue_is_read(reply: object) -> None:
    catalogue = read(reply)
    assert (catalogue.total, catalogue.rejected) == (1, ())
    row = catalogue.rows[0]
    assert (row.upstream_id, row.rate, row.min, row.max) == (
        "1448",
        Decimal("0.9"),
        50,
        10000,
    )


def test_an_empty_catalogue_is_one() -> None:
    assert read([]) == Catalogue((), (), 0)
    assert read({"services": []}) == Catalogue((), (), 0)


@pytest.mark.parametrize(
    "reply", [{}, None, 5, {"foo": 1}, {"data": 5}, {"video": [ROW]}]
)
def test_anything_else_is_unreadable(reply: object) -> None:
    with pytest.raises(UnreadableReply, match="shape"):
        read(reply)


@pytest.mark.parametrize(
    "reply", [{"error": "Invalid key"}, [{"error": "Invalid key"}], "Invalid key"]
)
def test_an_error_is_no_catalogue(reply: object) -> None:
    with pytest.raises(ErrorReply, match="provider_down"):
        read(reply)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("Subtitles", RejectionReason.NOT_AN_OBJECT, id="text"),
        pytest.param(None, RejectionReason.NOT_AN_OBJECT, id="null"),
        pytest.param(without("service"), RejectionReason.NO_ID, id="no id"),
        pytest.param({**ROW, "service": 0}, RejectionReason.NO_ID, id="id 0"),
        pytest.param({**ROW, "service": "x" * 65}, RejectionReason.NO_ID, id="long id"),
        pytest.param({**ROW, "name": " \n"}, RejectionReason.NO_NAME, id="no name"),
        pytest.param({**ROW, "name": 5}, RejectionReason.NO_NAME, id="name no text"),
        pytest.param(without("rate"), RejectionReason.BAD_RATE, id="no rate"),
        pytest.param(
            {**ROW, "rate": "free"}, RejectionReason.BAD_RATE, id="rate a word"
        ),
        pytest.param(
            {**ROW, "rate": "0." + "1" * 21}, RejectionReason.BAD_RATE, id="21 decimals"
        ),
        pytest.param(
            {**ROW, "rate": 0}, RejectionReason.RATE_NOT_POSITIVE, id="rate 0"
        ),
        pytest.param(
            {**ROW, "rate": "-1"}, RejectionReason.RATE_NOT_POSITIVE, id="rate -1"
        ),
        pytest.param(
            {**ROW, "rate": 99999999}, RejectionReason.RATE_SENTINEL, id="sentinel"
        ),
        pytest.param(
            {**ROW, "min": "few"}, RejectionReason.BAD_LIMITS, id="min a word"
        ),
        pytest.param(without("max"), RejectionReason.BAD_LIMITS, id="no max"),
        pytest.param({**ROW, "max": 2**31}, RejectionReason.BAD_LIMITS, id="max 2^31"),
        pytest.param({**ROW, "min": 0}, RejectionReason.MIN_NOT_POSITIVE, id="min 0"),
        pytest.param(
            {**ROW, "min": 10001}, RejectionReason.MIN_ABOVE_MAX, id="min > max"
        ),
    ],
)
def test_a_row_that_cannot_be_sold_is_left_out_with_its_reason(
    row: object, reason: RejectionReason
) -> None:
    good = {**ROW, "service": 7}
    catalogue = read([good, row])
    assert [offer.upstream_id for offer in catalogue.rows] == ["7"]
    assert [(each.position, each.reason) for each in catalogue.rejected] == [
        (2, reason)
    ]
    assert catalogue.total == 2


def test_of_two_rows_with_one_id_the_first_counts() -> None:
    catalogue = read([ROW, {**ROW, "service": "1448", "name": "Other"}])
    assert [row.name for row in catalogue.rows] == ["Subtitles"]
    assert catalogue.rejected[0].reason is RejectionReason.DUPLICATE_ID
    assert catalogue.rejected[0].upstream_id == "1448"


def test_after_a_row_that_was_left_out_its_id_is_free() -> None:
    catalogue = read([{**ROW, "rate": 0}, ROW])
    assert [row.upstream_id for row in catalogue.rows] == ["1448"]
    assert catalogue.rejected[0].detail == "0"


@pytest.mark.parametrize("given", ["Special", "", None, 5])
def test_an_unknown_type_is_kept_without_a_guess(given: object) -> None:
    assert read_row(type=given).type is None


def test_what_was_given_as_type_is_kept() -> None:
    assert read_row(type=" Special\n").type_given == "Special"


def test_a_long_untidy_name_becomes_one_line() -> None:
    row = read_row(name="  A &amp; B\r\n" + "x " * 200)
    assert row.name == "A & B " + " ".join("x" * 200)


def test_nineteen_decimals_of_a_rate_are_kept() -> None:
    body = json.dumps([{**ROW, "rate": "R"}]).replace('"R"', "0.1234567890123456789")
    row = read_catalogue(body.encode()).rows[0]
    assert row.rate == Decimal("0.1234567890123456789")
    assert json.loads(row.raw)["rate"] == "0.1234567890123456789"


def test_the_greatest_limit_is_read() -> None:
    assert read_row(max="2147483647").max == 2147483647


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        (True, True),
        (0, False),
        (1, True),
        ("0", False),
        ("1", True),
        ("false", False),
        (None, None),
    ],
)
def test_a_flag_has_many_forms(given: object, flag: bool | None) -> None:
    row = read_row(refill=given, cancel=given, dripfeed=given)
    assert (row.refill, row.cancel, row.dripfeed) == (flag, flag, flag)


def test_a_description_keeps_its_lines() -> None:
    row = read_row(desc=" One &lt;1\nTwo ", average_time="1 hour")
    assert (row.description, row.average_time) == ("One <1\nTwo", "1 hour")
    assert read_row(description="Three").description == "Three"


def test_the_raw_row_can_be_stored_as_json() -> None:
    row = read_row(extra={"a": [1.5, True, None]})
    assert json.loads(row.raw)["extra"] == {"a": ["1.5", True, None]}
