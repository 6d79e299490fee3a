"""Tables as CSV and XLSX: files that a spreadsheet opens without running what they say.

A text that a spreadsheet would take for a formula gets an apostrophe in front, which
spreadsheets show as plain text; reading takes it away again, so that what went out comes
back as it was.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from import_export.formats.base_formats import CSV, XLSX
from tablib import Dataset

# What spreadsheets take for the beginning of a formula; plain numbers are none.
_FORMULA = re.compile(r"[=+\-@\t\r\n|%]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ESCAPED = re.compile(r"'(?=[=+\-@\t\r\n|%'])")


@dataclass(frozen=True)
class Sheet:
    """A table with a name: its rows may be many, and are read once."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[object]]


def escape(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    risky = _FORMULA.match(cell) or _ESCAPED.match(cell)
    return f"'{cell}" if risky else cell


def unescape(cell: object) -> object:
    """Return what `escape` was given."""
    if isinstance(cell, str) and _ESCAPED.match(cell):
        return cell[1:]
    return cell


def _each(dataset: Dataset, change: Any) -> Dataset:
    changed = Dataset(headers=dataset.headers)
    for row in dataset:
        changed.append([change(cell) for cell in row])
    return changed


class SafeCsv(CSV):  # type: ignore[misc]
    """CSV in UTF-8 with the mark by which Excel knows it."""

    def export_data(self, dataset: Dataset, **options: Any) -> Any:
        return "\ufeff" + super().export_data(_each(dataset, escape), **options)

    def create_dataset(self, in_stream: Any, **options: Any) -> Dataset:
        return _each(super().create_dataset(in_stream, **options), unescape)


class SafeXlsx(XLSX):  # type: ignore[misc]
    """XLSX without formulas."""

    def export_data(self, dataset: Dataset, **options: Any) -> Any:
        return super().export_data(_each(dataset, escape), **options)

    def create_dataset(self, in_stream: Any) -> Dataset:
        return _each(super().create_dataset(in_stream), unescape)
