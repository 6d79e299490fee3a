"""Orders as a table for a spreadsheet, written as it is sent."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from io import StringIO

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orders.enums import Status
from orders.models import Order
from orders.queries import outward
from provider.translations import localise
from shop.money import plain
from shop.sheets import escape

# Rows of one file, and how many are read at a time.
MOST_ROWS = 5000
CHUNK = 500
# By which Excel knows UTF-8.
MARK = "\ufeff"


def lines_of(orders: QuerySet[Order]) -> Iterator[str]:
    """Return a file of orders piece by piece, newest first, and MOST_ROWS at most.

    In the language and the time zone of whoever asks now, though it is sent when the
    request is over. No text in it is a formula.
    """
    language, zone = translation.get_language() or "", timezone.get_current_timezone()
    return _pieces(orders, language, zone, MARK + _text([_headers()]))


def _pieces(
    orders: QuerySet[Order], language: str, zone: tzinfo, beginning: str
) -> Iterator[str]:
    yield beginning
    left, rest = MOST_ROWS, orders
    while left and (chunk := list(rest[: min(CHUNK, left)])):
        localise(services=[order.service for order in chunk], language=language)
        with translation.override(language):
            text = _text(_cells(order, zone) for order in chunk)
        yield text
        left -= len(chunk)
        # By number rather than by a cursor, which would need a transaction.
        rest = orders.filter(pk__lt=chunk[-1].pk)


def _headers() -> list[object]:
    return [
        _("Order"), _("Ordered"), _("Service no."), _("Service"), _("Link"),
        _("Quantity"), _("Charge"), _("Refunded"), _("Start count"), _("Remains"),
        _("Status"), _("Ended"),
    ]  # fmt: skip


def _cells(order: Order, zone: tzinfo) -> list[object]:
    return [
        order.pk,
        _time(order.created_at, zone),
        order.service_id,
        order.service.name,
        order.target,
        order.units,
        plain(order.charge),
        plain(order.refunded),
        order.start_count,
        order.remains,
        str(outward(Status(order.status)).label),
        _time(order.finished_at, zone),
    ]


def _time(at: datetime | None, zone: tzinfo) -> str:
    return f"{timezone.localtime(at, zone):%Y-%m-%d %H:%M:%S}" if at else ""


def _text(rows: Iterable[Iterable[object]]) -> str:
    written = StringIO()
    csv.writer(written).writerows([escape(cell) for cell in row] for row in rows)
    return written.getvalue()
