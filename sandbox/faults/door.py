"""The door for faults: what is asked about every call, and how a reply may be sent.

A plan is asked twice about every call: before the vendor sees it, and after the
vendor has done it, with the reply that is about to be sent. It may wait, answer in
the vendor's place, have the vendor do it differently, change the reply or the manner
of sending it, or hang up without a word.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.twists import PLAIN, Twist


class HangUp(Exception):
    """Close the connection at once, without an answer."""


class Manner(Enum):
    """How a reply leaves: as HTTP means it, or as it may go wrong on the line."""

    WHOLE = "whole"
    # Nothing is said for `seconds`, then the connection is closed.
    SILENT = "silent"
    # Half of the body, then a reset; without a body, a reset at once.
    RESET = "reset"
    # One byte, head included, every `seconds`.
    DRIP = "drip"
    # The body without its last byte, then spaces until the client goes away.
    ENDLESS = "endless"


@dataclass(slots=True)
class Call:
    """One call as it arrived, but for the key, and what has become of it so far.

    `wish` is the specification of faults that the caller asked for on this call alone.
    """

    action: str
    fields: dict[str, str]
    key: str
    wish: str = ""
    # What the plan has drawn for this call, and the call's number under that plan.
    hits: list[Any] = field(default_factory=list, compare=False)
    number: int = 0
    # What the vendor shall do differently, and the order that it accepted.
    twist: Twist = PLAIN
    order: int | None = None
    # The fault that kept the call from the vendor or came into its reply, and whether
    # nothing of that reply can be read by the caller.
    fault: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply as it will be sent; `seconds` belong to the manner."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = Manner.WHOLE
    seconds: float = 0.0


class Faults:
    """A plan in which nothing goes wrong; others extend it."""

    def before(self, call: Call) -> Reply | None:
        """Return the answer to give instead of doing `call`, or None to go on.

        May raise HangUp: the call is then never done. May set the call's twist.
        """
        return None

    def after(self, call: Call, reply: Reply) -> Reply:
        """Return what to send for `reply`, the answer to the `call` just done.

        May raise HangUp: the call has been done, and its caller will not know.
        """
        return reply

    def shown(self) -> dict[str, Any]:
        """Return the plan as JSON can carry it: what it is, and what it has done."""
        return {"spec": type(self).__name__, "fired": {}}
