"""What customers read of a service's health: calm words, and on how many orders they rest."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.models import ServiceHealth

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Told:
    """One fact: what it is about, what it says, and how many orders say it."""

    label: str
    value: str
    orders: int


def duration(seconds: int) -> str:
    """Return a time for people, rounded up so that it promises nothing too early."""
    if seconds <= 100 * _MINUTE:
        number = max(-(-seconds // _MINUTE), 1)
        return ngettext("%d minute", "%d minutes", number) % number
    if seconds <= 2 * _DAY:
        number = -(-seconds // _HOUR)
        return ngettext("%d hour", "%d hours", number) % number
    number = -(-seconds // _DAY)
    return ngettext("%d day", "%d days", number) % number


def starts_within(health: ServiceHealth | None) -> str:
    """Return how soon orders usually start, or "" below HEALTH_ORDERS orders."""
    if health is None or health.start_median is None:
        return ""
    return duration(health.start_median) if _tells(health.started) else ""


def told(health: ServiceHealth | None) -> list[Told]:
    """Return what is known well enough to be told to customers."""
    if health is None:
        return []
    facts = []
    if health.start_median is not None and health.start_most is not None:
        facts.append(
            (
                _("Usually starts"),
                health.start_median,
                health.start_most,
                health.started,
            )
        )
    if health.finish_median is not None and health.finish_most is not None:
        facts.append(
            (
                _("Usually finishes"),
                health.finish_median,
                health.finish_most,
                health.completed,
            )
        )
    lines = [
        Told(
            label,
            _("within %(usual)s, nearly always within %(most)s")
            % {"usual": duration(usual), "most": duration(most)},
            orders,
        )
        for label, usual, most, orders in facts
        if _tells(orders)
    ]
    if _tells(health.ended):
        whole = health.ended - health.partial - health.canceled
        lines.append(
            Told(_("Delivered in full"), share(whole, health.ended), health.ended)
        )
    if _tells(health.refills):
        refilled = share(health.refilled, health.refills)
        lines.append(Told(_("Refills carried out"), refilled, health.refills))
    return lines


def share(part: int, whole: int) -> str:
    """Return a share for people, rounded down: 100 % is said of all only."""
    return f"{part * 100 // whole} %" if whole else "–"


def _tells(orders: int) -> bool:
    return orders >= settings.HEALTH_ORDERS
