"""A statement to take home: as a table for spreadsheets, and on paper."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from io import BytesIO

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from accounts.models import User
from ledger.statements import Line, Sums
from ledger.wanted import Wanted
from shop.money import plain, show
from shop.pdf import LEFT, RIGHT, TOP, begin, write
from shop.sheets import escape

ROW, BOTTOM = float(6.2 * mm), float(25 * mm)
# Where the columns of the table are: time, what for; amount and balance end there.
WHAT, AMOUNT = LEFT + 34 * mm, RIGHT - 34 * mm


class _Echo:
    """What a writer of CSV writes into, to have each line back."""

    def write(self, text: str) -> str:
        return text


def as_csv(lines: Iterable[Line]) -> Iterator[str]:
    """Yield a table line by line: UTF-8 with the mark by which Excel knows it.

    Amounts and times are for programs: no separators, ISO 8601. The language and the
    time zone are those of whoever begins, as the lines are read when the request is over.
    """
    language, zone = translation.get_language(), timezone.get_current_timezone()
    return _csv(lines, language, zone)


def _csv(lines: Iterable[Line], language: str | None, zone: tzinfo) -> Iterator[str]:
    writer = csv.writer(_Echo())
    with translation.override(language):
        heads = [
            _("Number"),
            _("Time"),
            _("What for"),
            _("Order"),
            _("Payment"),
            _("Note"),
            _("Amount"),
            _("Balance after"),
            _("Balance of"),
            _("Currency"),
        ]
    yield "\ufeff" + writer.writerow(heads)
    for line in lines:
        with translation.override(language):
            cells = [
                line.number,
                line.at.astimezone(zone).isoformat(timespec="seconds"),
                line.label,
                line.order_id or "",
                line.top_up_id or "",
                line.note,
                plain(line.change),
                "" if line.after is None else plain(line.after),
                str(line.bucket.label),
                line.currency,
            ]
        yield writer.writerow([escape(cell) for cell in cells])


def as_pdf(
    *, customer: User, wanted: Wanted, lines: Sequence[Line], sums: Sums
) -> bytes:
    """Return a statement on paper: whose, of which days, what moved, and the sums.

    It is a statement and no invoice, which is a legal document that only the shop's
    operator can write.
    """
    file = BytesIO()
    canvas = begin(file, title=_("Statement"), compressed=len(lines) > 500)
    write(canvas, LEFT, TOP, settings.SHOP_NAME)
    write(canvas, LEFT, TOP - 14 * mm, _("Statement"), size=22, bold=True)
    place = _facts(canvas, customer, wanted, sums, TOP - 26 * mm)
    page = 1
    place = _heads(canvas, place - ROW)
    for line in lines:
        if place < BOTTOM:
            _end_page(canvas, page)
            page += 1
            place = _heads(canvas, TOP)
        _row(canvas, line, place)
        place -= ROW
    note = _("This statement lists what moved the balance. It is no tax invoice.")
    write(canvas, LEFT, max(place - ROW, BOTTOM - ROW), note, size=8, grey=True)
    _end_page(canvas, page)
    canvas.save()
    return file.getvalue()


def _facts(
    canvas: Canvas, customer: User, wanted: Wanted, sums: Sums, place: float
) -> float:
    facts = [(_("Customer"), customer.email), (_("Days"), _days(wanted))]
    if wanted.group:
        facts.append((_("Only"), str(wanted.group.label)))
    else:
        facts.append((_("Balance before"), show(sums.before)))
    facts += [
        (pgettext("money", "In"), show(sums.came)),
        (pgettext("money", "Out"), show(sums.gone)),
    ]
    if not wanted.group:
        facts.append((_("Balance after"), show(sums.after)))
    for label, value in facts:
        write(canvas, LEFT, place, label, size=10, grey=True)
        write(canvas, RIGHT, place, value, size=10, right=True)
        _rule(canvas, place)
        place -= ROW
    return place


def _days(wanted: Wanted) -> str:
    first = date_format(wanted.from_date) if wanted.from_date else _("the first")
    last = wanted.to_date or timezone.localdate()
    return f"{first} – {date_format(last)}"


def _heads(canvas: Canvas, place: float) -> float:
    zone = timezone.get_current_timezone_name()
    write(
        canvas, LEFT, place, f"{_('Time')} ({zone})", size=8, grey=True, width=33 * mm
    )
    write(canvas, WHAT, place, _("What for"), size=8, grey=True)
    write(canvas, AMOUNT, place, _("Amount"), size=8, grey=True, right=True)
    write(canvas, RIGHT, place, _("Balance after"), size=8, grey=True, right=True)
    _rule(canvas, place)
    return place - ROW


def _row(canvas: Canvas, line: Line, place: float) -> None:
    at = timezone.localtime(line.at)
    what = f"{line.label} #{line.subject}" if line.url else line.label
    if line.note:
        what = f"{what}: {line.note}"
    after = "" if line.after is None else show(line.after)
    if line.pocket:
        after = f"{after} ({line.pocket})"
    write(canvas, LEFT, place, f"{at:%Y-%m-%d %H:%M}", size=8)
    width = AMOUNT - WHAT - 26 * mm
    write(canvas, WHAT, place, what, size=8, width=width)
    sign = "+" if line.change > 0 else ""
    write(canvas, AMOUNT, place, f"{sign}{show(line.change)}", size=8, right=True)
    write(canvas, RIGHT, place, after, size=8, right=True)


def _rule(canvas: Canvas, place: float) -> None:
    canvas.setStrokeGray(0.85)
    canvas.line(LEFT, place - 2 * mm, RIGHT, place - 2 * mm)


def _end_page(canvas: Canvas, page: int) -> None:
    write(canvas, LEFT, 12 * mm, settings.SITE_URL, size=8, grey=True)
    write(canvas, RIGHT, 12 * mm, str(page), size=8, grey=True, right=True)
    canvas.showPage()
