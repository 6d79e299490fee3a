"""Reading a list of orders, one a line: service, link, quantity and a reference."""

import csv
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.errors import OrderError

MOST_LINES = 1000
MOST_BYTES = 512 * 1024
# What stands behind the service's number parts the rest of the line, too.
_FIRST = re.compile(r"\s*[\"']?#?([0-9]{1,9})[\"']?\s*([|\t,;])")
_TITLES = re.compile(r"\s*[\"']?service\b", re.IGNORECASE)
_COLUMNS = 4


class ListError(OrderError):
    """A list that is read not at all; what is wrong with one line is said there."""

    code = "list_refused"


@dataclass(frozen=True)
class Line:
    """One line as it was written; empty ones have no number.

    `service_id` is None where it cannot be parted.
    `copy` tells lines with the same order apart: the first of them is 1.
    """

    number: int
    text: str
    service_id: int | None = None
    link: str = ""
    quantity: str = ""
    reference: str = ""
    copy: int = 1

    @property
    def raw(self) -> dict[str, str]:
        """The order's fields, by their protocol names."""
        return {"link": self.link, "quantity": self.quantity}


def read_file(content: bytes) -> str:
    """Return the text of a file; ListError where it is too large or no text in UTF-8."""
    if len(content) > MOST_BYTES:
        raise ListError(
            _("The file is too large: at most %(size)d KB, please.")
            % {"size": MOST_BYTES // 1024}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListError(
            _("The file is no text in UTF-8. Save it as CSV UTF-8, please.")
        ) from error
    if "\0" in text:
        raise ListError(
            _("The file is no text in UTF-8. Save it as CSV UTF-8, please.")
        )
    return text


def read_lines(text: str) -> list[Line]:
    """Return the lines that say something; ListError where there are none, or too many.

    Columns are parted by |, a tab, a comma or a semicolon: by whatever follows the
    service's number. A first line with the columns' titles is left out.
    """
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise ListError(
            _("The list is too long: at most %(most)d lines, please.")
            % {"most": MOST_LINES}
        )
    written = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    if written and _TITLES.match(written[0]):
        del written[0]
    if not written:
        raise ListError(_("Write one order a line, or choose a file."))
    if len(written) > MOST_LINES:
        raise ListError(
            _("The list is too long: at most %(most)d lines, please.")
            % {"most": MOST_LINES}
        )
    seen: dict[tuple[int | None, str, str], int] = {}
    lines = []
    for number, given in enumerate(written, start=1):
        line = _parted(number, given.replace("\0", ""))
        key = (line.service_id, line.link, line.quantity)
        seen[key] = seen.get(key, 0) + 1
        lines.append(Line(**{**vars(line), "copy": seen[key]}))
    return lines


def _parted(number: int, text: str) -> Line:
    first = _FIRST.match(text)
    if first is None:
        return Line(number, text.strip())
    rest = text[first.end() :]
    (cells,) = csv.reader([rest], delimiter=first[2], skipinitialspace=True)
    cells = [cell.strip() for cell in cells]
    if len(cells) >= _COLUMNS:
        # What the customer calls it may hold the sign that parts the others.
        cells[2:] = [first[2].join(cells[2:])]
    link, quantity, reference = (*cells, "", "", "")[:3]
    return Line(number, text.strip(), int(first[1]), link, quantity, reference)
