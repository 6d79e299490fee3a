"""What a customer wants to see of their statement, as the address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils import timezone

from ledger.enums import Group
from shop.paging import row_number


@dataclass(frozen=True)
class Wanted:
    """A group of kinds, days from and to (both with them), and where to go on."""

    group: Group | None = None
    from_date: date | None = None
    to_date: date | None = None
    before: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Wanted":
        """Return what an address asks for; what makes no sense in it is left out."""
        group = query.get("kind", "")
        return cls(
            group=Group(group) if group in Group.values else None,
            from_date=_date(query.get("from", "")),
            to_date=_date(query.get("to", "")),
            before=row_number(query.get("before")),
        )

    def address(self, **changes: object) -> str:
        """Return the query string for this, with `changes`; without where to go on."""
        given = {
            "kind": self.group,
            "from": self.from_date,
            "to": self.to_date,
            **changes,
        }
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def is_filtered(self) -> bool:
        return bool(self.group or self.from_date or self.to_date)

    @property
    def start(self) -> datetime | None:
        """The first moment of its first day, where the customer lives."""
        return None if self.from_date is None else _midnight(self.from_date)

    @property
    def end(self) -> datetime | None:
        """The first moment after its last day."""
        if self.to_date is None:
            return None
        return _midnight(self.to_date + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None
