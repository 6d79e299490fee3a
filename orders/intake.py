"""Reading what a customer asks for: the one place that judges an order's fields.

The form, the API and (later) mass orders all pass through here, by the table of types.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models.orders import LONGEST_REFERENCE
from provider.links import full_link, key_of
from provider.models import Category, Service
from provider.patterns import fits
from provider.protocol.types import ServiceType, TypeRule, Units, lines, units

LONGEST_LINK = 2000
LONGEST_TEXT = 100_000
MOST_RUNS = 1000
# Minutes between runs: at most four weeks.
LONGEST_INTERVAL = 40_320
_NUMBERS = ("quantity", "runs", "interval")
_PER_POST = frozenset({"min", "max", "posts", "old_posts"})
_COLUMNS = frozenset({"link", *_NUMBERS})
_COUNTED = {"comments": Units.LINES_COMMENTS, "usernames": Units.LINES_USERNAMES}


class FieldErrors(Exception):
    """Fields that do not fit, by their protocol names; "" for the order as a whole."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True)
class Intake:
    """An order's fields, read and found good. `units` is what is charged."""

    units: int
    link: str = ""
    quantity: int | None = None
    runs: int | None = None
    interval: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    # The page in its one spelling, or that of the name where there is no link.
    link_key: str = ""


def read(*, service: Service, raw: Mapping[str, str]) -> Intake:
    """Return what `raw` (texts by protocol field names) orders of `service`.

    Fields that the type does not know are ignored. Raises FieldErrors with a sentence
    for each field that is missing or does not fit.
    """
    rule = service.rule
    texts = {
        name: _clean(raw.get(name), name in rule.multiline) for name in rule.fields
    }
    shelf = _shelf(service)
    if shelf is not None and "link" in texts:
        texts["link"] = full_link(texts["link"], shelf.link_network)
    errors = {
        name: [message]
        for name in rule.fields
        if (message := _fault(name, texts, service)) is not None
    }
    if errors:
        raise FieldErrors(errors)
    texts = {name: _plain(name, text) for name, text in texts.items()}
    return Intake(
        units=units(ServiceType(service.type), texts),
        link=texts.get("link", ""),
        quantity=_number(texts, "quantity"),
        runs=_number(texts, "runs"),
        interval=_number(texts, "interval"),
        fields={n: t for n, t in texts.items() if n not in _COLUMNS and t},
        link_key=_key(texts, shelf),
    )


def read_reference(text: str) -> str:
    """Return what a customer calls an order, on one line; FieldErrors if it is too long."""
    reference = _clean(text, multiline=False)
    if len(reference) > LONGEST_REFERENCE:
        raise FieldErrors({"reference": [_("This is too long.")]})
    return reference


def _clean(value: str | None, multiline: bool) -> str:
    text = unicodedata.normalize("NFC", value or "").replace("\x00", "")
    # Halves of characters, which JSON can hold and no database takes.
    text = text.encode(errors="ignore").decode()
    return "\n".join(lines(text)) if multiline else " ".join(text.split())


def _plain(name: str, text: str) -> str:
    """Return the text of a good field as providers expect it: "7" for "007"."""
    if name in _PER_POST and text:
        return str(int(text))
    if name == "expiry" and (day := _day(text)):
        return day.strftime("%d/%m/%Y")
    return text


def _number(texts: Mapping[str, str], name: str) -> int | None:
    return int(texts[name]) if texts.get(name) else None


def _fault(name: str, texts: Mapping[str, str], service: Service) -> str | None:
    """Return what is wrong with one field, or None."""
    text, rule = texts[name], service.rule
    if not text:
        return _("This field is required.") if _required(name, texts, rule) else None
    if len(text) > (LONGEST_TEXT if name in rule.multiline else LONGEST_LINK):
        return _("This is too long.")
    if name in rule.choices and text not in rule.choices[name]:
        return _("Choose one of the values offered.")
    if name == "link":
        return link_fault(text) or _pattern_fault(text, _shelf(service))
    if name == "quantity":
        return _amount_fault(text, service.min, service.max)
    if name in {"runs", "interval"}:
        return _drip_feed_fault(name, text, service)
    if name == "answer_number" and _whole(text) is None:
        return _("Enter a whole number.")
    if name in {"min", "max"}:
        return _per_post_fault(name, texts, service)
    if name in rule.limits:
        return _amount_fault(text, *rule.limits[name])
    if name == "expiry":
        return _expiry_fault(text)
    if rule.units is _COUNTED.get(name):
        return _amount_fault(str(len(lines(text))), service.min, service.max)
    return None


def _required(name: str, texts: Mapping[str, str], rule: TypeRule) -> bool:
    if name in rule.required_when:
        other, value = rule.required_when[name]
        return texts.get(other) == value
    # Runs and the minutes between them belong together: both or neither.
    if name in {"runs", "interval"}:
        return bool(texts.get("runs") or texts.get("interval"))
    return name in rule.required


def link_fault(text: str) -> str | None:
    """Return what is wrong with a link, or None."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if (
        not host
        or parts.scheme not in {"http", "https"}
        or " " in text
        or "." not in host
    ):
        return _("Enter a full link, such as https://example.com/page.")
    return None


def _pattern_fault(text: str, shelf: Category | None) -> str | None:
    """Return what is wrong with a link that is no page of the kind a category wants."""
    if (
        shelf is None
        or not shelf.link_pattern
        or fits(shelf.link_pattern, key_of(text))
    ):
        return None
    if shelf.link_example:
        return _("This service needs a link such as %(example)s.") % {
            "example": shelf.link_example
        }
    return _("This is not the kind of link that this service needs.")


def _shelf(service: Service) -> Category | None:
    return service.category if service.category_id else None


def _key(texts: Mapping[str, str], shelf: Category | None) -> str:
    if texts.get("link"):
        return key_of(texts["link"])
    name = texts.get("username", "").removeprefix("@")
    page = full_link(f"@{name}", shelf.link_network if shelf else "")
    return key_of(page)


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _amount_fault(text: str, least: int, most: int) -> str | None:
    amount = _whole(text)
    if amount is None:
        return _("Enter a whole number.")
    if amount < least:
        return _("At least %(least)d, please: you have %(amount)d.") % {
            "least": least,
            "amount": amount,
        }
    if amount > most:
        return _("At most %(most)d, please: you have %(amount)d.") % {
            "most": most,
            "amount": amount,
        }
    return None


def _per_post_fault(
    name: str, texts: Mapping[str, str], service: Service
) -> str | None:
    fault = _amount_fault(texts[name], service.min, service.max)
    if fault is not None or name == "min":
        return fault
    least = _whole(texts["min"])
    if least is not None and least > int(texts[name]):
        return _("At least as many as the least per post, please.")
    return None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _expiry_fault(text: str) -> str | None:
    day = _day(text)
    if day is None:
        return _("Enter a day as day/month/year, such as 31/12/2030.")
    if day < timezone.now().date():
        return _("This day is over.")
    return None


def _drip_feed_fault(name: str, text: str, service: Service) -> str | None:
    if not service.dripfeed:
        return _("This service cannot be spread over several runs.")
    most = MOST_RUNS if name == "runs" else LONGEST_INTERVAL
    return _amount_fault(text, 1, most)
