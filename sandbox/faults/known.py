"""All faults there are, in the order in which they take effect on one call."""

from sandbox.faults import adding, refusing, telling, transport
from sandbox.faults.fault import Fault

# What the line does comes last: it is done to the reply as all others have left it.
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *refusing.FAULTS,
        *adding.FAULTS,
        *telling.FAULTS,
        *transport.FAULTS,
    )
}
RANKS = {name: rank for rank, name in enumerate(FAULTS)}
PARAMETERS = {
    "latency": ("MS", "before each answer"),
    "jitter": ("MS", "at most, by chance, on top of the latency"),
    "seed": ("WORD", "from which all chances are drawn (1)"),
    "hang": ("SECONDS", "of a timeout (30)"),
    "pace": ("MS", "after each byte of a drip (100)"),
    "retry": ("SECONDS", "that Retry-After asks for (2)"),
    "spell": ("CALLS", "in a row that no_funds and bad_key hold, once drawn (20)"),
    "jump": ("FACTOR", "of a price jump (2)"),
    "mix": ("SHARE", "of calls that meet one of the daily faults: those without *"),
}
KNOWN = ", ".join(
    [*(f"{name}={unit}" for name, (unit, _) in PARAMETERS.items()), *FAULTS]
)


def described() -> str:
    """Return what there is, a line for each, for people."""
    lines = [
        "Faults, as NAME, NAME=SHARE or NAME:ACTION=SHARE, joined with commas. A share is",
        "the chance of each call, from 0 to 1. Not done: the vendor never sees the call.",
        "",
    ]
    lines += [
        f"  {fault.name + ('' if fault.daily else '*'):<18} {fault.tells}"
        for fault in FAULTS.values()
    ]
    lines += ["", "Parameters, in the same list:", ""]
    lines += [
        f"  {f'{name}={unit}':<18} {tells}"
        for name, (unit, tells) in PARAMETERS.items()
    ]
    return "\n".join(lines)
