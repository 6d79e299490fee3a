"""How an order will end: as its link says, else drawn from the seed."""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from sandbox.records import Status

SLOWER = 10
WISHES = {
    "complete": Status.COMPLETED,
    "partial": Status.PARTIAL,
    "cancel": Status.CANCELED,
    "fail": Status.FAILED,
}


@dataclass(frozen=True, slots=True)
class Fate:
    """An order's end, the units delivered by then, and how often longer it takes."""

    outcome: Status
    delivers: int
    slower: int = 1


def wishes(link: str) -> dict[str, str]:
    """Return what the fragment of `link` asks of the sandbox, by keyword."""
    try:
        fragment = urlsplit(link).fragment
        asked = parse_qs(fragment, keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in asked.items()}


def draw(seed: str, *, number: int) -> float:
    """Return a number from 0 up to 1 that depends on `seed` and `number` alone.

    So an order's fate is the same however many threads take orders at once, and
    nothing about it has to be kept in the state file.
    """
    digest = sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def decide(
    link: str, *, units: int, chance: float, partial: float, cancel: float
) -> Fate:
    """Return the fate of an order of `units` for `link`.

    `chance` is the order's own number from 0 to 1; below `partial` it ends Partial,
    in the next share `cancel` Canceled. A Partial that would deliver nothing (one
    unit, or more left undone than was ordered) ends Canceled.
    """
    asked = wishes(link)
    outcome = Status.COMPLETED
    if chance < partial:
        outcome = Status.PARTIAL
    elif chance < partial + cancel:
        outcome = Status.CANCELED
    outcome = next((WISHES[wish] for wish in asked if wish in WISHES), outcome)
    slower = SLOWER if "slow" in asked else 1
    if outcome is Status.COMPLETED:
        return Fate(outcome, units, slower)
    if outcome is not Status.PARTIAL:
        return Fate(outcome, 0, slower)
    undone = asked.get("partial", "")
    left = int(undone) if undone.isdecimal() and len(undone) < 12 else -(-units // 3)
    delivers = max(units - max(left, 1), 0)
    return Fate(outcome if delivers else Status.CANCELED, delivers, slower)
