"""Which services somebody looks for: words, filters, an order, and where to go on.

Every combination costs at most one reading of a narrow table (`Listing`), whatever the
words: docs/adr/0010-search-reads-a-narrow-copy.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from provider.enums import SERVICE_TYPES
from provider.models import Listing, Service

FLAGS = ("refill", "cancel", "dripfeed")
# More words than these make no search better.
MOST_WORDS = 8
# Behind all speeds that were measured.
UNMEASURED = 2**31 - 1
# What a page may be sorted by, and the columns that make it. The number decides the rest.
SORTS: Mapping[str, tuple[str, ...]] = {
    "": ("position", "category_id", "service_id"),
    "cheapest": ("price", "service_id"),
    "dearest": ("-price", "service_id"),
    "name": ("sort_name", "service_id"),
    "newest": ("-service_id",),
    "fastest": ("pace", "service_id"),
}
TYPES = frozenset(str(value) for value, _label in SERVICE_TYPES)


@dataclass(frozen=True)
class Wanted:
    """What the address asks for. Prices are the shop's, before any discount."""

    text: str = ""
    category_id: int | None = None
    type: str = ""
    flags: frozenset[str] = frozenset()
    least: Decimal | None = None
    most: Decimal | None = None
    favourites: bool = False
    sort: str = ""
    after: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Wanted":
        """Read the query string; what makes no sense is left out."""
        kind, sort = given.get("type", ""), given.get("sort", "")
        return cls(
            # PostgreSQL's texts hold everything but NUL.
            text=given.get("q", "").replace("\0", "").strip()[:200],
            category_id=_number(given.get("category")),
            type=kind if kind in TYPES else "",
            flags=frozenset(name for name in FLAGS if given.get(name) == "1"),
            least=_price(given.get("least")),
            most=_price(given.get("most")),
            favourites=given.get("favourites") == "1",
            sort=sort if sort in SORTS else "",
            after=_number(given.get("after")),
        )

    def address(self, **changes: object) -> str:
        """Return the query string for this, with `changes`."""
        given: dict[str, object] = {
            "q": self.text,
            "category": self.category_id,
            "type": self.type,
            **{name: "1" for name in FLAGS if name in self.flags},
            "least": self.least,
            "most": self.most,
            "favourites": "1" if self.favourites else "",
            "sort": self.sort,
            **changes,
        }
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def filters(self) -> int:
        """How many filters beyond words and category are set."""
        said = (self.type, self.least, self.most, self.favourites)
        return len(self.flags) + sum(bool(value) for value in said)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.category_id or self.filters)


def find(
    wanted: Wanted, *, rows: int, customer_id: int | None = None
) -> tuple[list[Service], bool]:
    """Return up to `rows` services on sale that fit, with their categories, and whether more do.

    A service whose number is what was written comes first. Takes two queries, or three
    where there are words. Favourites are the customer's.
    """
    fits = _conditions(wanted, customer_id)
    if fits is None:
        return [], False
    named = _number(wanted.text.lstrip("#"))
    found = Listing.objects.filter(fits)
    ids: list[int] = []
    if named:
        if wanted.after is None:
            ids += found.filter(pk=named).values_list("pk", flat=True)
        found = found.exclude(pk=named)
    if wanted.after:
        found = _after(found, wanted)
    ids += _sorted(found, wanted).values_list("pk", flat=True)[: rows + 1 - len(ids)]
    services = Service.objects.select_related("category").in_bulk(ids[:rows])
    return [services[pk] for pk in ids[:rows] if pk in services], len(ids) > rows


def word_ids(text: str) -> list[tuple[str, list[int]]]:
    """Return each word of `text`, with the numbers of the catalogue's words that hold it.

    A single letter stands for what begins with it. Case, accents and width are ignored.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT typed.text, coalesce(array_agg(word.id) FILTER (
                WHERE word.id IS NOT NULL), '{}')
            FROM shop_words_in(shop_search_text(%s)) AS typed(text)
            LEFT JOIN provider_word AS word
                ON CASE WHEN typed.text ~ '^[a-z0-9]$'
                    THEN starts_with(word.text, typed.text)
                    ELSE strpos(word.text, typed.text) > 0 END
            GROUP BY typed.text LIMIT %s
            """,
            [text, MOST_WORDS],
        )
        return [(word, ids) for word, ids in cursor.fetchall()]


def _conditions(wanted: Wanted, customer_id: int | None) -> Q | None:
    """Return what a listing must be; None where nothing can be it."""
    fits = Q(on_sale=True, **dict.fromkeys(wanted.flags, True))
    if wanted.category_id:
        fits &= Q(category_id=wanted.category_id)
    if wanted.type:
        fits &= Q(type=wanted.type)
    if wanted.least is not None:
        fits &= Q(price__gte=wanted.least)
    if wanted.most is not None:
        fits &= Q(price__lte=wanted.most)
    if wanted.favourites:
        if customer_id is None:
            return None
        fits &= Q(service__favourites__customer=customer_id)
    for word, ids in word_ids(wanted.text) if wanted.text else ():
        number = _number(word.lstrip("#"))
        either = Q(words__overlap=ids) if ids else Q(pk__in=[])
        if number:
            either |= Q(pk=number)
        elif not ids:
            return None
        fits &= either
    return fits


def _sorted(found: QuerySet[Listing], wanted: Wanted) -> QuerySet[Listing]:
    keys: list[Any] = [*SORTS[wanted.sort]]
    if wanted.sort == "fastest":
        found = found.alias(pace=Coalesce("speed", Value(UNMEASURED)))
    if not wanted.sort and wanted.text:
        # As a sum, so that the index of the order is not walked to the end for words
        # that stand in its last categories only.
        keys[0] = F("position") + 0
    return found.order_by(*keys)


def _after(found: QuerySet[Listing], wanted: Wanted) -> QuerySet[Listing]:
    """Return what follows a service in the order wanted, or all of it."""
    last = Listing.objects.filter(pk=wanted.after).first()
    if last is None:
        return found
    follows, equal = Q(), Q()
    for key in SORTS[wanted.sort]:
        name = key.removeprefix("-")
        column = "speed" if name == "pace" else name
        value = getattr(last, column)
        if name == "pace":
            value = UNMEASURED if value is None else value
            found = found.alias(pace=Coalesce("speed", Value(UNMEASURED)))
        side = "lt" if key.startswith("-") else "gt"
        follows |= equal & Q(**{f"{name}__{side}": value})
        equal &= Q(**{name: value})
    if not wanted.sort:
        # Said once more of the first column alone, where the index can begin.
        follows &= Q(position__gte=last.position)
    return found.filter(follows)


def _number(text: str | None) -> int | None:
    """Return `text` as a row's number, or None where it is none."""
    given = text or ""
    ascii_digits = given.isascii() and given.isdecimal() and len(given) < 10
    return int(given) or None if ascii_digits else None


def _price(text: str | None) -> Decimal | None:
    try:
        price = Decimal((text or "").replace(",", "."))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 < price < 10**12 else None
