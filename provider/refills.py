"""The refill window that a service's name promises, where upstream gives only a flag.

Pure; in the words that catalogues use: "30 Days Refill", "R30", "Refill: 30 Days",
"30일 리필", "Bảo hành 30 ngày", "гарантия 30 дней". "Lifetime refill" has no last day,
and neither has what says nothing.
"""

import re
from dataclasses import dataclass

LONGEST_DAYS = 3650
LONGEST_HOURS = 8760
_WORD = (
    r"(?:refills?|guaranteed?|guarantee|warranty|telafi\w*|garanti\w*|garantía|garantia"
    r"|reposici[oó]n|reposição|recargas?|гаранти\w*|докрут\w*|bảo\s*hành|리필|보장|보증"
    r"|a/s)"
)
# Without any of these no pattern is looked for: most names promise nothing.
_HINTS = (
    *("refill", "guarant", "warrant", "telafi", "garant", "reposi", "recarga"),
    *("гаранти", "докрут", "hành", "리필", "보장", "보증", "a/s", "cooldown"),
    "cool-down",
)
_UNIT = (
    r"(?:(?P<day>days?|d|일|ngày|gün|d[ií]as?|дн\w*|день)"
    r"|(?P<month>months?|개월|tháng|ay|mes(?:es)?|м[еê]с\w*|mês)"
    r"|(?P<year>years?|년|năm|yıl|años?|anos?|год\w*|лет))"
)
_BEFORE = re.compile(
    rf"(?<![\d.,/])(?P<count>\d{{1,4}})[\s-]*{_UNIT}(?![a-z])[\s,-]*"
    r"(?:(?:auto(?:matic)?|free|full|무료|자동|이내|간|동안|de|of)[\s-]*)*"
    rf"{_WORD}"
)
_AFTER = re.compile(
    rf"{_WORD}\s*(?:time|period|for|within|button|기간|срок)?\s*[:=\-–(]?\s*"
    rf"(?P<count>\d{{1,4}})[\s-]*{_UNIT}(?![a-z])"
)
_SHORT = re.compile(r"(?<![\w-])R-?(\d{1,3})(?![\w%])")
# "R" with any other number is a model or a version, no promise.
_SHORT_DAYS = frozenset({7, 10, 14, 15, 20, 30, 45, 60, 90, 99, 120, 180, 365})
_DAYS = {"day": 1, "month": 30, "year": 365}
_SPAN = r"(?P<count>\d{1,3})\s*(?:(?P<hour>hours?|hrs?|h|시간)|(?P<day>days?|d|일))"
_FIRST = re.compile(
    rf"refill\s*(?:button)?\s*(?:is\s+)?(?:available|possible|works?|starts?)?\s*after\s+{_SPAN}"
    rf"|{_SPAN.replace('<', '<k')}\s*(?:후|이후|뒤)(?:부터)?\s*리필"
)
_BETWEEN = re.compile(
    rf"(?:refill\s+(?:once\s+)?(?:every|per|each)|refill\s+cool-?down:?|cool-?down:?)\s+{_SPAN}"
    rf"|{_SPAN.replace('<', '<k')}\s*(?:마다|간격(?:으로)?)\s*리필"
)


@dataclass(frozen=True)
class Window:
    """Days after the end in which a refill may be asked for (None: no last day), hours
    until the first one, and hours between two (None: as the shop says)."""

    days: int | None = None
    first_hours: int | None = None
    hours: int | None = None


def window_of(name: str) -> Window:
    """Return the refill window that a service's name promises."""
    lowered = " ".join(name.casefold().split())
    if not any(hint in lowered for hint in _HINTS):
        return Window(days=_short_days(name))
    return Window(
        days=_days(lowered, name),
        first_hours=_hours(_FIRST.search(lowered)),
        hours=_hours(_BETWEEN.search(lowered)),
    )


def _days(lowered: str, name: str) -> int | None:
    found = _BEFORE.search(lowered) or _AFTER.search(lowered)
    if found is not None:
        unit = next(unit for unit in _DAYS if found[unit])
        days = int(found["count"]) * _DAYS[unit]
    else:
        return _short_days(name)
    return days if 0 < days <= LONGEST_DAYS else None


def _short_days(name: str) -> int | None:
    if "R" not in name:
        return None
    return max(
        {int(count) for count in _SHORT.findall(name)} & _SHORT_DAYS, default=None
    )


def _hours(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    mine = {
        name.removeprefix("k"): text for name, text in found.groupdict().items() if text
    }
    hours = int(mine["count"]) * (1 if "hour" in mine else 24)
    return hours if 0 < hours <= LONGEST_HOURS else None
