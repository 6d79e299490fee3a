"""A receipt of a payment as a PDF: what was paid, when, how. No invoice, which is a legal
document that only the shop's operator can write."""

from decimal import Decimal
from io import BytesIO

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.units import mm

from payments.gateways import registry
from payments.models import TopUp
from shop.money import show
from shop.pdf import LEFT, RIGHT, TOP, begin, write

LINE = 8 * mm


def receipt(*, top_up: TopUp) -> bytes:
    """Return the receipt of a payment that has arrived, in the current language.

    ValueError for one that has not.
    """
    if top_up.paid_at is None:
        raise ValueError("Nothing was paid.")
    file = BytesIO()
    canvas = begin(file, title=_("Receipt %(number)d") % {"number": top_up.pk})
    write(canvas, LEFT, TOP, settings.SHOP_NAME, size=11)
    write(canvas, LEFT, TOP - 14 * mm, _("Receipt"), size=22, bold=True)
    place = TOP - 28 * mm
    for label, value in [*_facts(top_up), *_amounts(top_up)]:
        write(canvas, LEFT, place, label, grey=True)
        write(canvas, RIGHT, place, value, right=True)
        canvas.setStrokeGray(0.85)
        canvas.line(LEFT, place - 2.8 * mm, RIGHT, place - 2.8 * mm)
        place -= LINE
    note = _("This receipt confirms a payment. It is no tax invoice.")
    write(canvas, LEFT, place - LINE, note, size=9, grey=True)
    write(canvas, LEFT, 20 * mm, settings.SITE_URL, size=9, grey=True)
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
