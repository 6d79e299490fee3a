"""What the vendor itself shall do differently about one call, when a fault asks it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from sandbox.records import Status


class Naming(StrEnum):
    """How the reply to an `add` names the order that was accepted."""

    ITSELF = "itself"
    TEXT = "text"
    ZERO = "zero"
    DUPLICATE = "duplicate"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Twist:
    """What is different about an order.

    `opaque`: its id is a word instead of its number. `regret`: the status it changes to
    a life after it was completed.
    """

    naming: Naming = Naming.ITSELF
    opaque: bool = False
    price_factor: Decimal = Decimal(1)
    regret: Status | None = None
    over_delivers: bool = False


PLAIN = Twist()
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def opaque_name(seed: str, number: int) -> str:
    """Return the opaque id of order `number`: the same for the same seed, in any run."""
    digest = sha256(f"{seed}:name:{number}".encode()).digest()
    return "ord_" + "".join(LETTERS[byte % 32] for byte in digest[:26])
