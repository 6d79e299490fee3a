"""Reading a specification of faults: `timeout_after:add=0.1,latency=50,seed=7`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sandbox.faults.fault import EVERY, Fault, Settings
from sandbox.faults.known import FAULTS, KNOWN, RANKS

LONGEST = 4000


class FaultSpecError(ValueError):
    """A fault specification names a fault that is not known, or says it badly."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A specification as read: for each action its faults with their shares."""

    text: str
    settings: Settings
    shares: dict[str, list[tuple[Fault, float]]]

    @property
    def is_empty(self) -> bool:
        """Whether no call can meet a fault; it may still be late."""
        return not self.settings.mix and not any(self.shares.values())


def read(text: str, settings: Settings | None = None) -> Spec:
    """Return what `text` specifies; the parameters that it leaves out are `settings`.

    Where two items name one fault for one action, the later one counts. Raises
    FaultSpecError, with what is known, when anything in `text` is not.
    """
    settings = settings or Settings()
    if len(text) > LONGEST:
        raise FaultSpecError(f"at most {LONGEST} characters")
    shares: dict[str, dict[str, float]] = {action: {} for action in EVERY}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, is_given, amount = (part.strip() for part in item.partition("="))
        if name in READERS:
            settings = replace(settings, **{name: READERS[name](name, amount)})
            continue
        share = _share(name, amount) if is_given else 1.0
        for action in _actions(name):
            shares[action][name.partition(":")[0]] = share
    ordered = {
        action: [
            (FAULTS[name], found[name]) for name in sorted(found, key=RANKS.__getitem__)
        ]
        for action, found in shares.items()
    }
    return Spec(text.strip(), settings, ordered)


def _actions(item: str) -> tuple[str, ...]:
    name, is_limited, action = item.partition(":")
    fault = FAULTS.get(name)
    if fault is None:
        raise FaultSpecError(f"unknown fault {name!r}; known: {KNOWN}")
    if not is_limited:
        return fault.actions
    if action not in fault.actions:
        known = ", ".join(fault.actions)
        raise FaultSpecError(f"{name} is for {known}, not for {action!r}")
    return (action,)


def _share(name: str, amount: str) -> float:
    if not re.fullmatch(r"[0-9]{0,3}(\.[0-9]{1,9})?", amount) or not amount:
        raise FaultSpecError(f"{name} wants a share from 0 to 1, not {amount!r}")
    if float(amount) > 1:
        raise FaultSpecError(f"{name} wants a share from 0 to 1, not {amount!r}")
    return float(amount)


def _milliseconds(name: str, amount: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}", amount) or int(amount) > 60_000:
        raise FaultSpecError(f"{name} wants 0 to 60000 milliseconds, not {amount!r}")
    return int(amount) / 1000


def _seconds(name: str, amount: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", amount) or float(amount) > 600:
        raise FaultSpecError(f"{name} wants 0 to 600 seconds, not {amount!r}")
    return float(amount)


def _count(name: str, amount: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", amount) or not int(amount):
        raise FaultSpecError(f"{name} wants a number from 1 to 9999, not {amount!r}")
    return int(amount)


def _factor(name: str, amount: str) -> Decimal:
    good = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", amount)
    if not good or not Decimal(amount):
        raise FaultSpecError(f"{name} wants a factor below 1000, not {amount!r}")
    return Decimal(amount)


def _seed(name: str, amount: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,40}", amount):
        raise FaultSpecError(f"{name} wants a short word or number, not {amount!r}")
    return amount


READERS: dict[str, Callable[[str, str], Any]] = {
    "latency": _milliseconds,
    "jitter": _milliseconds,
    "seed": _seed,
    "hang": _seconds,
    "pace": _milliseconds,
    "retry": _count,
    "spell": _count,
    "jump": _factor,
    "mix": _share,
}
