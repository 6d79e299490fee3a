"""Pages on paper: what every document of the shop begins with, and its letters."""

from typing import BinaryIO

from django.conf import settings
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

# Every viewer of PDF has these, so that none is carried along. The last has Hangul.
LATIN, BOLD, HANGUL = "Helvetica", "Helvetica-Bold", "HYGothic-Medium"
LEFT, RIGHT, TOP = 25 * mm, A4[0] - 25 * mm, A4[1] - 35 * mm

pdfmetrics.registerFont(UnicodeCIDFont(HANGUL))


def begin(file: BinaryIO, *, title: str, compressed: bool = False) -> Canvas:
    """Return the first page of a document."""
    canvas = Canvas(file, pagesize=A4, pageCompression=int(compressed), invariant=1)
    canvas.setTitle(title)
    canvas.setAuthor(settings.SHOP_NAME)
    return canvas


def write(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    *,
    size: int = 11,
    bold: bool = False,
    grey: bool = False,
    right: bool = False,
    width: float | None = None,
) -> None:
    """Write one line, ending at `x` if `right`; what is wider than `width` is cut."""
    # The letters have no other dash than this.
    text = text.replace("−", "-").replace("–", "-")
    font = (BOLD if bold else LATIN) if _is_latin(text) else HANGUL
    if width is not None and canvas.stringWidth(text, font, size) > width:
        while text and canvas.stringWidth(text + "...", font, size) > width:
            text = text[:-1]
        text += "..."
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
