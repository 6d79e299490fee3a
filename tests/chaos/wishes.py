"""What customers want: drawn from the seed, and told apart by a link of its own each."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from provider.protocol.types import TYPES, ServiceType
from tests.chaos.furnishing import POOR, Market, Shelf

LINK = "https://example.com/c/"
# How orders end, as the sandbox reads it from the link; the empty ones draw their fate.
ENDS = (
    *([""] * 8),
    *(["#complete"] * 5),
    *(["#partial"] * 2),
    *("#partial=1", "#partial=7", "#cancel", "#fail", "#refuse"),
)


@dataclass
class Wish:
    """One order that a customer wants once, and everything that became of it.

    `twins` is how often it is sent at the same moment; `again` whether it is repeated
    later; `other` whether the same key is then tried with another body.
    """

    number: int
    customer: int
    web: bool
    keyed: bool
    service: int
    fields: dict[str, str]
    twins: int = 1
    again: bool = False
    other: bool = False
    # What the client was told: numbers of orders, refusals, and how often nothing.
    told: set[int] = field(default_factory=set)
    told_other: set[int] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    unanswered: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def link(self) -> str:
        return self.fields["link"]

    @property
    def key(self) -> str:
        return f"wish-{self.number}" if self.keyed else ""


def wishes(
    market: Market, *, orders: int, seed: int, web: Sequence[int]
) -> Iterator[Wish]:
    """Yield `orders` wishes; those for pages are the customers' in `web`."""
    chance = random.Random(f"{seed}:wishes")
    by_type: dict[str, list[Shelf]] = {}
    for shelf in market.shelves:
        # A subscription has no link by which the books could be compared.
        if "link" in TYPES[ServiceType(shelf.type)].fields:
            by_type.setdefault(shelf.type, []).append(shelf)
    for number in range(orders):
        # Every type comes up, the plain one as often as all others together.
        kind = chance.choice(["default", *by_type])
        shelf = chance.choice(by_type[kind])
        on_page = chance.random() < 0.4
        customer = (
            chance.choice(web) if on_page else chance.randrange(len(market.customers))
        )
        keyed = chance.random() < 0.8
        yield Wish(
            number=number,
            customer=customer,
            web=on_page,
            keyed=keyed,
            service=shelf.id,
            fields=_fields(shelf, chance),
            twins=chance.choice((2, 3))
            if (keyed or on_page) and chance.random() < 0.1
            else 1,
            again=keyed and chance.random() < 0.1,
            other=keyed and chance.random() < 0.03,
        )


def browsers(market: Market, count: int) -> list[int]:
    """Return the customers who order on pages: one browser each, none of them poor."""
    return list(range(min(count, len(market.customers) - POOR)))


def _fields(shelf: Shelf, chance: random.Random) -> dict[str, str]:
    rule = TYPES[ServiceType(shelf.type)]
    most = min(shelf.max, shelf.min * 3)
    made = {name: _text(name, shelf, most, chance) for name in rule.required}
    if "type_of_traffic" in made:
        when = {value: name for name, (_, value) in rule.required_when.items()}
        if name := when.get(made["type_of_traffic"]):
            made[name] = _text(name, shelf, most, chance)
    if rule.drip_feed and shelf.drip_feed and chance.random() < 0.4:
        made |= {"runs": str(chance.randint(2, 3)), "interval": "10"}
    return made


def _text(name: str, shelf: Shelf, most: int, chance: random.Random) -> str:
    """Return a value for one field of the protocol."""
    match name:
        case "link":
            own = UUID(int=chance.getrandbits(128), version=4)
            return f"{LINK}{own}{chance.choice(ENDS)}"
        case "quantity":
            return str(chance.randint(shelf.min, most))
        case "comments" | "usernames":
            count = chance.randint(shelf.min, min(most, shelf.min + 9))
            return "\n".join(f"{name[:-1]} {line}" for line in range(count))
        case "hashtags" | "groups" | "keywords":
            return "one\ntwo"
        case "media" | "referring_url":
            return "https://example.com/media"
        case "answer_number" | "device":
            return str(chance.randint(1, 5))
        case "type_of_traffic":
            return str(chance.randint(1, 3))
        case "country":
            return "KR"
    return f"some_{name}"
