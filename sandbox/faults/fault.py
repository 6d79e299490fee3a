"""What one fault is, and the parameters that faults share."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.faults.door import Call, Reply
from sandbox.twists import Twist

EVERY = (
    *("balance", "services", "add", "status"),
    *("refill", "refill_status", "cancel", "orders"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The parameters of a plan; all times are in seconds."""

    latency: float = 0.0
    jitter: float = 0.0
    seed: str = "1"
    # How long a timeout is silent, and what a drip waits after each byte.
    hang: float = 30.0
    pace: float = 0.1
    # What Retry-After asks for.
    retry: int = 2
    # How many calls in a row a lasting fault holds, once it is drawn.
    spell: int = 20
    # What a price jump multiplies the rates by.
    jump: Decimal = Decimal(2)
    # The chance of a call to meet one of the daily faults.
    mix: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: one or two of `before`, `twist` and `after`.

    `before` answers in the vendor's place, or returns None to leave it to the vendor.
    `after` returns the reply itself where it has nothing to change. `daily` faults are
    in the mix; a `lasting` one holds for a spell of calls; a `sticky` one, once it has
    fired, for ever. `tampers`: the reply to an `add` is not what it was; `hides`: and
    nothing of it is left. `fits` tells whether a call can meet it at all.
    """

    name: str
    tells: str
    actions: tuple[str, ...] = EVERY
    before: Callable[[Call, Settings], Reply | None] | None = None
    twist: Callable[[Twist, Settings], Twist] | None = None
    after: Callable[[Call, Reply, Settings], Reply] | None = None
    daily: bool = True
    lasting: bool = False
    sticky: bool = False
    tampers: bool = False
    hides: bool = False
    fits: Callable[[Call], bool] = lambda call: True


def error(text: str, status: int = 200) -> Reply:
    """Return a reply that says `text` as the protocol says errors."""
    return encoded({"error": text}, status)


def encoded(data: Any, status: int = 200) -> Reply:
    """Return `data` as a reply of JSON."""
    return Reply(json.dumps(data, ensure_ascii=False).encode(), status)
