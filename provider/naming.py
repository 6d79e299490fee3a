"""What the rules for names would change, before they do."""

from dataclasses import dataclass, field

from provider.cleaning import cleaner
from provider.judging import active_steps
from provider.models import Route

# So many changed names are shown; all are counted.
SHOWN = 100
LONGEST = 1000


@dataclass
class Preview:
    """How many names would change, and the first of them: number, before, after."""

    count: int = 0
    shown: list[tuple[int, str, str]] = field(default_factory=list)


def preview() -> Preview:
    """Return what the rules as they are now would change; nothing is written.

    Names that staff set by hand stay, and so are left out.
    """
    clean = cleaner(active_steps())
    found = Preview()
    first = Route.objects.order_by("service_id", "position").distinct("service_id")
    names = (
        Route.objects.filter(pk__in=first.values("pk"))
        .exclude(service__set_by_hand__contains=["name"])
        .order_by("service_id")
        .values_list("service_id", "service__name", "offer__name")
    )
    for number, before, given in names.iterator(chunk_size=5000):
        after = clean(given)[:LONGEST]
        if after != before:
            found.count += 1
            if found.count <= SHOWN:
                found.shown.append((number, before, after))
    return found
