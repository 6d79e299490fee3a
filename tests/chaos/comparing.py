"""The books side by side: what clients were told, what we wrote, what upstream wrote."""

from dataclasses import dataclass, field

from tests.chaos.books import Books
from tests.chaos.facts import FACTS
from tests.chaos.zeros import ZEROS


@dataclass
class Column:
    """One line of the comparison: a count, and the first few of what was counted."""

    name: str
    found: list[str] = field(default_factory=list)
    must_be_zero: bool = True

    @property
    def is_broken(self) -> bool:
        return self.must_be_zero and bool(self.found)


def compare(books: Books) -> list[Column]:
    """Return all columns, those that must be zero and those that only tell."""
    return [
        Column(name, sorted(map(str, check(books))), must_be_zero)
        for must_be_zero, checks in ((True, ZEROS), (False, FACTS))
        for name, check in checks.items()
    ]
