"""A receipt of a payment as a PDF: what was paid, when, how. No invoice, which is a legal
document that only the shop's operator can write."""

from decimal import Decimal
from io import BytesIO

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from payments.gateways import registry
from payments.models import TopUp
from shop.money import show

# Every viewer of PDF has these, so that none is carried along. The second has Hangul.
LATIN, BOLD, HANGUL = "Helvetica", "Helvetica-Bold", "HYGothic-Medium"
LEFT, RIGHT, TOP, LINE = 25 * mm, A4[0] - 25 * mm, A4[1] - 35 * mm, 8 * mm

pdfmetrics.registerFont(UnicodeCIDFont(HANGUL))


def receipt(*, top_up: TopUp) -> bytes:
    """Return the receipt of a payment that has arrived, in the current language.

    ValueError for one that has not.
    """
    if top_up.paid_at is None:
        raise ValueError("Nothing was paid.")
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, pageCompression=0, invariant=1)
    canvas.setTitle(_("Receipt %(number)d") % {"number": top_up.pk})
    canvas.setAuthor(settings.SHOP_NAME)
    _write(canvas, LEFT, TOP, settings.SHOP_NAME, size=11)
    _write(canvas, LEFT, TOP - 14 * mm, _("Receipt"), size=22, bold=True)
    place = TOP - 28 * mm
    for label, value in [*_facts(top_up), *_amounts(top_up)]:
        _write(canvas, LEFT, place, label, grey=True)
        _write(canvas, RIGHT, place, value, right=True)
        canvas.setStrokeGray(0.85)
        canvas.line(LEFT, place - 2.8 * mm, RIGHT, place - 2.8 * mm)
        place -= LINE
    note = _("This receipt confirms a payment. It is no tax invoice.")
    _write(canvas, LEFT, place - LINE, note, size=9, grey=True)
    _write(canvas, LEFT, 20 * mm, settings.SITE_URL, size=9, grey=True)
    canvas.save()
    return file.getvalue()


def _facts(top_up: TopUp) -> list[tuple[str, str]]:
    gateway = registry.by_name(top_up.gateway)
    paid_at = timezone.localtime(top_up.paid_at)
    return [
        (_("Number"), str(top_up.pk)),
        (_("Reference"), top_up.reference),
        (_("Customer"), top_up.customer.email),
        (_("Paid at"), f"{date_format(paid_at, 'DATETIME_FORMAT')} {paid_at:%Z}"),
        (_("Paid with"), gateway.label if gateway else top_up.gateway),
    ]


def _amounts(top_up: TopUp) -> list[tuple[str, str]]:
    """Return the sums of a payment; those that are zero only where they must be told."""
    lines: list[tuple[str, Decimal, bool]] = [
        (_("Added to your balance"), top_up.amount, True),
        (_("Fee of this way to pay"), top_up.fee, False),
        (_("Paid"), top_up.total, True),
        (_("Bonus"), top_up.bonus, False),
        (_("Refunded"), top_up.refunded, False),
    ]
    return [
        (label, show(amount, top_up.currency))
        for label, amount, always in lines
        if always or amount
    ]


def _write(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    *,
    size: int = 11,
    bold: bool = False,
    grey: bool = False,
    right: bool = False,
) -> None:
    font = (BOLD if bold else LATIN) if _is_latin(text) else HANGUL
    canvas.setFont(font, size)
    canvas.setFillGray(0.4 if grey else 0)
    draw = canvas.drawRightString if right else canvas.drawString
    draw(x, y, text)


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
