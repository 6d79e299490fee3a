"""Tables that leave the shop and come back."""

from io import BytesIO

import openpyxl
import pytest
from tablib import Dataset

from shop.sheets import SafeCsv, SafeXlsx, escape, unescape

FORMULAS = ["=1+1", "+1 (555)", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "|calc", "%x"]
PLAIN = ["", "Subtitles", "-5", "-5.25", "12", "'quoted'", "한국어", 7, None]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_made_a_text(cell: str) -> None:
    assert escape(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", PLAIN)
def test_anything_else_stays(cell: object) -> None:
    assert escape(cell) == cell


@pytest.mark.parametrize("cell", [*FORMULAS, *PLAIN, "'=1", "''=1", "'"])
def test_what_went_out_comes_back(cell: object) -> None:
    assert unescape(escape(cell)) == cell


def test_a_csv_file_is_known_as_unicode_and_comes_back() -> None:
    table = Dataset(["1", "=자막"], headers=["id", "name"])

    text = SafeCsv().export_data(table)

    assert text == "\ufeffid,name\r\n1,'=자막\r\n"
    back = SafeCsv().create_dataset(text.removeprefix("\ufeff"))
    assert back.dict == [{"id": "1", "name": "=자막"}]


def test_a_workbook_has_no_formulas() -> None:
    table = Dataset(["1", "=1+1"], headers=["id", "name"])

    file = SafeXlsx().export_data(table)

    cell = openpyxl.load_workbook(BytesIO(file)).worksheets[0]["B2"]
    assert (cell.data_type, cell.value) == ("s", "'=1+1")
    assert SafeXlsx().create_dataset(file).dict[0]["name"] == "=1+1"
