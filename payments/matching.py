"""Comparing a gateway's own report, or a bank's statement, with our payments.

For bank transfers the statement is read as the bank writes it. For the other gateways it
is a CSV with a header: a column `amount`, and any of `currency`, `reference`,
`remote_id`, `text`. In `text`, what somebody wrote on a transfer, a reference is found
wherever it is.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from payments.enums import PAID, Match
from payments.gateways.bank import BankGateway, statements
from payments.models import TopUp
from shop.money import plain

# Twelve letters and digits, however they are grouped, in any case.
_REFERENCE = re.compile(r"[A-HJ-NP-Z2-9]{12}")
# What the bank gateway asks people to write: a mark, and how a reference begins.
_CODE = re.compile(r"MP([A-HJ-NP-Z2-9]{8})")
_NOISE = re.compile(r"[^A-Z0-9]+")
# Digits before the point, and after it, that an amount may have.
_MOST_DIGITS = 15


class SheetError(Exception):
    """A file that cannot be read; the text says which row, and why."""


@dataclass(frozen=True)
class Line:
    """One payment in a report, in the currency's units; `number` is the file's row.

    `codes` are those of bank transfers that the row names.
    """

    number: int
    amount: Decimal
    currency: str
    reference: str
    remote_id: str
    text: str
    codes: Sequence[str] = ()


@dataclass(frozen=True)
class Found:
    """What a line of a report comes to beside our payments."""

    line: Line
    match: Match
    top_up: TopUp | None = None

    def __str__(self) -> str:
        what = f"payment {self.top_up.pk}" if self.top_up else "no payment"
        sum_ = f"{plain(self.line.amount)} {self.line.currency}"
        return f"row {self.line.number}: {sum_}: {what}: {self.match.label}"


def read_sheet(*, gateway: str, data: bytes) -> list[Line]:
    """Return the lines of a gateway's file: for `bank` a statement, else a CSV of ours.

    Raises SheetError where it cannot be read, or is longer than a statement may be.
    """
    if gateway == BankGateway.name:
        return _read_statement(data)
    if len(data) > statements.MOST_BYTES:
        raise SheetError(_("The file is too large."))
    try:
        return read(io.StringIO(data.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as error:
        raise SheetError(_("The file is not in UTF-8.")) from error


def read(lines: Iterable[str]) -> list[Line]:
    """Return the lines of a CSV; SheetError where one cannot be read."""
    reader = csv.DictReader(lines)
    try:
        if "amount" not in (reader.fieldnames or ()):
            raise SheetError(
                _("The first row must name the columns, amount among them.")
            )
        return [_line(number, row) for number, row in enumerate(reader, start=2)]
    except csv.Error as error:
        raise SheetError(
            _("The file is no table: %(error)s.") % {"error": error}
        ) from error


def match(*, gateway: str, lines: Sequence[Line]) -> Iterator[Found]:
    """Yield what each line comes to. Reads only.

    Of two lines for one payment the second is one too many: somebody paid twice.
    """
    seen: set[int] = set()
    for line in lines:
        top_up = _find(gateway, line)
        if top_up is None:
            yield Found(line, Match.STRANGER)
        elif top_up.pk in seen:
            yield Found(line, Match.TWICE, top_up)
        else:
            seen.add(top_up.pk)
            yield Found(line, _compare(line, top_up), top_up)


def _read_statement(data: bytes) -> list[Line]:
    """Return what came in by a bank's statement, in the shop's currency by itself."""
    try:
        lines = statements.read_statement(data)
    except statements.StatementError as error:
        raise SheetError(str(error)) from error
    return [
        Line(
            number=line.row,
            amount=line.amount,
            currency=line.currency or settings.SHOP_CURRENCY,
            reference="",
            remote_id="",
            text=line.text,
            codes=line.codes,
        )
        for line in lines
    ]


def _line(number: int, row: dict[str, str]) -> Line:
    fault = _("Row %(number)d: the amount is no number.") % {"number": number}
    try:
        amount = Decimal((row["amount"] or "").strip().replace(",", ""))
    except InvalidOperation as error:
        raise SheetError(fault) from error
    if not amount.is_finite() or abs(amount.adjusted()) > _MOST_DIGITS:
        raise SheetError(fault)
    texts = {
        name: (row.get(name) or "").strip()
        for name in ("currency", "reference", "remote_id", "text")
    }
    currency = texts.pop("currency").upper() or settings.SHOP_CURRENCY
    return Line(number, amount, currency, **texts)


def _find(gateway: str, line: Line) -> TopUp | None:
    top_ups = TopUp.objects.filter(gateway=gateway)
    if line.remote_id:
        return top_ups.filter(remote_id=line.remote_id).first()
    if line.reference:
        return top_ups.filter(reference=line.reference.upper()).first()
    words = _NOISE.sub(" ", line.text.upper())
    texts = (words, words.replace(" ", ""), *line.codes)
    named = Q(reference__in={one for text in texts for one in _REFERENCE.findall(text)})
    for code in {one for text in texts for one in _CODE.findall(text)}:
        named |= Q(reference__startswith=code)
    found = list(top_ups.filter(named)[:2])
    return found[0] if len(found) == 1 else None


def _compare(line: Line, top_up: TopUp) -> Match:
    if (line.amount, line.currency) != (top_up.total, top_up.currency):
        return Match.DIFFERS
    return Match.CREDITED if top_up.state in PAID else Match.WAITING
