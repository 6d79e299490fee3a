import json
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox import types
from sandbox.catalogue import Catalogue, CatalogueError, demo, load
from sandbox.errors import RefusedError
from tests.sandbox.practice import LINK, Client

KEYS = [
    "service",
    "name",
    "type",
    "category",
    "rate",
    "min",
    "max",
    "refill",
    "cancel",
    "dripfeed",
    "desc",
    "average_time",
]


def demo_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(demo().text)
    return rows


def test_the_demo_sells_about_sixty_services_of_all_types() -> None:
    rows = demo_rows()

    assert len(demo()) == len(rows) == 63
    assert {row["type"] for row in rows} == {kind.name for kind in types.TYPES}
    assert len({row["category"] for row in rows}) == 13


@pytest.mark.parametrize("row", demo_rows(), ids=lambda row: str(row["service"]))
def test_each_demo_row_is_documented_in_both_languages_and_can_be_sold(
    row: dict[str, object],
) -> None:
    assert list(row) == KEYS
    for name in ("name", "category", "desc"):
        text = str(row[name])
        assert any("가" <= letter <= "힣" for letter in text)
        assert any("a" <= letter <= "z" for letter in text)
    service = demo().find(str(row["service"]))
    assert service.minimum is not None
    assert service.maximum is not None
    assert 0 < service.minimum <= service.maximum
    assert 0 < service.cost(service.minimum) <= 200
    assert service.kind.drip_feed or not service.drip_feed


def test_a_rate_is_per_thousand_and_a_charge_has_five_decimals() -> None:
    service = Catalogue('[{"service": 1, "type": "Default", "rate": "0.123456"}]').find(
        "1"
    )

    assert service.cost(1000) == Decimal("0.12346")
    assert service.cost(1) == Decimal("0.00012")


ODD = """\ufeff[
 {"service": "2", "type": "default", "rate": 0.1234567890123456789, "min": 10,
  "max": "1000", "name": "A &amp; B\\r\\n", "cancel": "false", "refill": "0"},
 {"id": 3, "type": "special", "price": "5", "min": "", "max": null},
 {"service": 4, "type": "Custom Comment", "rate": 880, "min": 1, "max": 2147483647},
 {"service": 5, "type": "Default", "rate": "free"},
 {"service": 6, "type": "Default", "rate": 0}
]"""


@pytest.fixture
def odd_client(client: Client, tmp_path: Path) -> Client:
    path = tmp_path / "odd.json"
    path.write_text(ODD, encoding="utf-8")
    client.vendor.catalogue = load(path)
    return client


def test_a_file_is_served_as_it_is(odd_client: Client) -> None:
    assert odd_client.vendor.catalogue.text == ODD.removeprefix("\ufeff")
    assert "0.1234567890123456789" in odd_client.vendor.catalogue.text
    assert len(odd_client("services")) == 5


def test_odd_rows_are_sold_as_far_as_they_can_be_read(odd_client: Client) -> None:
    fields = {"link": LINK, "quantity": 100}

    assert "order" in odd_client("add", service=2, **fields)
    assert "order" in odd_client("add", service=3, **fields)
    assert "order" in odd_client("add", service=4, link=LINK, comments="one\ntwo")
    assert odd_client.vendor.orders[23501].refillable is False
    assert odd_client.vendor.orders[23502].refillable is True
    assert odd_client.vendor.orders[23503].charge == Decimal("1.76")


@pytest.mark.parametrize("service", ["5", "6"])
def test_a_row_without_a_price_is_inactive(odd_client: Client, service: str) -> None:
    reply = odd_client("add", service=service, link=LINK, quantity=100)

    assert reply == {"error": "Service is inactive"}


@pytest.mark.parametrize(
    "text",
    [
        '{"services": [{"service": 1, "rate": 1}]}',
        '{"data": [{"service": 1, "rate": 1}]}',
        '{"1": {"service": 1, "rate": 1}}',
    ],
)
def test_rows_are_found_where_real_files_have_them(text: str) -> None:
    assert Catalogue(text).find("1").rate == 1


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"x"', "null", "[" * 100_000])
def test_a_text_without_rows_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        Catalogue(text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"gone\.json"):
        load(tmp_path / "gone.json")


def test_a_service_that_is_not_sold_is_refused() -> None:
    with pytest.raises(RefusedError, match="Incorrect service ID"):
        demo().find("1")
