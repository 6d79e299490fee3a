"""What may go wrong around a call, and the plan of it.

`door` is what the server asks, `fault` what one fault is; `refusing`, `adding`,
`telling` and `transport` hold the faults, `known` lists them; `spec` reads a
specification, `plan` follows it, `wishes` finds what a caller asks for itself.
"""

from sandbox.faults.door import Call, Faults, HangUp, Manner, Reply
from sandbox.faults.known import FAULTS, KNOWN, described
from sandbox.faults.plan import Plan, parse
from sandbox.faults.spec import FaultSpecError

__all__ = [
    "FAULTS",
    "KNOWN",
    "Call",
    "FaultSpecError",
    "Faults",
    "HangUp",
    "Manner",
    "Plan",
    "Reply",
    "described",
    "parse",
]
