"""A bank's statement as CSV: what came in, and the codes in its messages.

Every bank has its own columns. What money came in and when is found by the names of
columns, in English and Korean; the code may stand in any column.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from payments.gateways.bank.codes import find_codes

# Names of columns, in lower case and without spaces, the better ones first.
AMOUNTS = ("입금액", "입금금액", "입금", "맡기신금액", "credit", "creditamount", "paidin", "deposit", "amount", "금액", "거래금액")  # fmt: skip
DATES = ("거래일시", "거래일자", "거래일", "일자", "date", "bookingdate", "valuedate", "transactiondate")  # fmt: skip
CURRENCIES = ("currency", "통화", "통화코드")
# Bytes of a statement that are read at most, and rows of it.
MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000


class StatementError(Exception):
    """A file that is no statement; the message is for staff."""


@dataclass(frozen=True)
class Line:
    """Money that came in. `codes` are those that its row names: one, where all is well.

    `row` is its number in the file, from 1 and with the heading; `currency` is "" where
    the statement does not say; `text` is the row as it is, for people.
    """

    row: int
    amount: Decimal
    currency: str
    date: str
    codes: Sequence[str]
    text: str


def read_statement(data: bytes) -> list[Line]:
    """Return what came in by a statement. What went out, and odd rows, are left out.

    Reads UTF-8 and the encoding of Korean banks (CP949), and commas, semicolons or tabs.
    Raises StatementError.
    """
    if len(data) > MOST_BYTES:
        raise StatementError(_("The file is too large."))
    rows = _rows(_decode(data))
    heading, names = _heading(rows)
    lines = (
        _line(number, row, names)
        for number, row in enumerate(rows[heading + 1 :], heading + 2)
    )
    return [line for line in lines if line is not None]


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StatementError(_("The file is neither in UTF-8 nor in CP949."))


def _rows(text: str) -> list[list[str]]:
    counts = {mark: text.count(mark) for mark in (",", ";", "\t")}
    delimiter = max(counts, key=lambda mark: counts[mark])
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise StatementError(
            _("The file is no table: %(error)s.") % {"error": error}
        ) from error
    if len(rows) > MOST_ROWS:
        raise StatementError(_("The file has too many rows."))
    return rows


def _heading(rows: Sequence[Sequence[str]]) -> tuple[int, Mapping[str, int]]:
    """Return where the heading is, and which column has which name.

    Banks write the account's owner and period above it.
    """
    for number, row in enumerate(rows[:30]):
        names = {
            re.sub(r"[\s_()]", "", name).lower(): at for at, name in enumerate(row)
        }
        if _find(names, AMOUNTS) is not None and _find(names, DATES) is not None:
            return number, names
    raise StatementError(_("No heading names a date and an amount."))


def _find(names: Mapping[str, int], wanted: Sequence[str]) -> int | None:
    return next((names[name] for name in wanted if name in names), None)


def _line(number: int, row: Sequence[str], names: Mapping[str, int]) -> Line | None:
    amount = _amount(_cell(row, _find(names, AMOUNTS)))
    if amount is None or amount <= 0:
        return None
    text = " | ".join(cell.strip() for cell in row if cell.strip())
    return Line(
        row=number,
        amount=amount,
        currency=_cell(row, _find(names, CURRENCIES)).upper(),
        date=_cell(row, _find(names, DATES)),
        codes=find_codes(text),
        text=text,
    )


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""


def _amount(text: str) -> Decimal | None:
    """Return an amount as a bank writes it, None where it cannot be told what it is.

    "1,234.50" and "1.234,50" are clear, and so is "1,234"; "1.234" may be both.
    """
    digits = re.sub(r"[\s₩$€£¥원+]", "", text)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"-?(\d{1,3}(\.\d{3})+|\d+),\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif not re.fullmatch(r"-?\d+(\.\d{1,2})?", digits):
        return None
    return Decimal(digits)
