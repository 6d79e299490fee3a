"""The door for faults: what may go wrong around a call, and the plan of it.

A plan is asked twice about every call: before the vendor sees it, and after the
vendor has done it, with the reply that is about to be sent. It may wait, answer in
the vendor's place, change the reply, or hang up without a word.
"""

import re
import time
from dataclasses import dataclass

KNOWN = "latency=MS"


class FaultSpecError(ValueError):
    """A fault specification names a fault that is not known, or says it badly."""


class HangUp(Exception):
    """Close the connection at once, without an answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived, but for the key that came with it."""

    action: str
    fields: dict[str, str]
    key: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply as it will be sent."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


class Faults:
    """A plan in which nothing goes wrong; others extend it."""

    def before(self, call: Call) -> Reply | None:
        """Return the answer to give instead of doing `call`, or None to go on.

        May raise HangUp: the call is then never done.
        """
        return None

    def after(self, call: Call, reply: Reply) -> Reply:
        """Return what to send for `reply`, the answer to the `call` just done.

        May raise HangUp: the call has been done, and its caller will not know.
        """
        return reply


@dataclass(frozen=True, slots=True)
class Latency(Faults):
    """Every call is answered late, as by a provider far away."""

    seconds: float

    def before(self, call: Call) -> None:
        """Wait; nothing else goes wrong."""
        time.sleep(self.seconds)


def parse(spec: str) -> Faults:
    """Return the plan that `spec` describes; an empty one means no faults.

    Known at present: `latency=MS`, milliseconds before each answer, at most a minute.
    Raises FaultSpecError with what is known when `spec` is anything else.
    """
    if not spec.strip():
        return Faults()
    name, _, amount = spec.strip().partition("=")
    if name != "latency":
        raise FaultSpecError(f"unknown fault {name!r}; known: {KNOWN}")
    if not re.fullmatch(r"[0-9]{1,5}", amount) or int(amount) > 60_000:
        raise FaultSpecError(f"latency wants 0 to 60000 milliseconds, not {amount!r}")
    return Latency(int(amount) / 1000)
