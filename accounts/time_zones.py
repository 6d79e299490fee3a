"""Time zones by their names in the IANA database."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext_lazy as _

Group = tuple[object, list[tuple[str, str]]]

_AREAS = (
    ("Asia", _("Asia")),
    ("Europe", _("Europe")),
    ("America", _("America")),
    ("Africa", _("Africa")),
    ("Australia", _("Australia")),
    ("Pacific", _("Pacific Ocean")),
    ("Atlantic", _("Atlantic Ocean")),
    ("Indian", _("Indian Ocean")),
)


@cache
def names() -> frozenset[str]:
    """Return the names there are: those of places, and UTC."""
    areas = {area for area, _label in _AREAS}
    found = {name for name in available_timezones() if name.split("/")[0] in areas}
    return frozenset(found | {"UTC"})


def choices() -> list[Group | tuple[str, object]]:
    """Return the names for a list to choose from, by area."""
    groups: list[Group | tuple[str, object]] = [("", "UTC")]
    for area, label in _AREAS:
        own = sorted(name for name in names() if name.startswith(f"{area}/"))
        shown = [(name, name.partition("/")[2].replace("_", " ")) for name in own]
        groups.append((label, shown))
    return groups


def time_zone(name: str) -> ZoneInfo:
    """Return the time zone of that name; UTC where there is none (any more)."""
    return ZoneInfo(name if name in names() else "UTC")
