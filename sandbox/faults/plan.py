"""A plan of faults as a specification describes it: drawing, applying, counting."""

import itertools
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from sandbox import fate
from sandbox.errors import RefusedError
from sandbox.faults import spec as specs
from sandbox.faults.door import Call, Faults, Manner, Reply
from sandbox.faults.fault import Fault, Settings
from sandbox.faults.known import FAULTS, RANKS
from sandbox.faults.spec import FaultSpecError, Spec
from sandbox.twists import Naming

MOST_WISHES = 1000
DAILY = [fault for fault in FAULTS.values() if fault.daily]


class Hit(NamedTuple):
    """A fault that a call meets, with the parameters it was asked for with."""

    fault: Fault
    settings: Settings


class Plan(Faults):
    """Faults by chance, by specification; and what a call wishes for itself.

    Whether a call meets a fault depends on the seed, the fault and how many calls of
    the same action there were before it: nothing else, so that a run can be repeated.
    A wish is a plan of its own, with its own count of calls, and comes on top.
    """

    def __init__(self, spec: Spec, fired: Counter[str] | None = None) -> None:
        """Follow `spec`, and count in `fired` if given, with no call made so far."""
        self.spec = spec
        self.fired: Counter[str] = Counter() if fired is None else fired
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._waits = itertools.count()
        self._stuck: set[str] = set()
        self._wishes: dict[str, Plan] = {}
        self._is_empty = spec.is_empty

    def before(self, call: Call) -> Reply | None:
        """Draw what happens to `call`; wait, and answer, or set the call's twist.

        Raises RefusedError when the call's wish is no specification.
        """
        hits = self._draw(call)
        if call.wish:
            hits = self._wish(call.wish)._draw(call) + hits
        if not hits:
            return None
        met = {hit.fault.name: hit for hit in reversed(hits)}
        hits = sorted(met.values(), key=lambda hit: RANKS[hit.fault.name])
        call.hits, twist = hits, call.twist
        for fault, settings in hits:
            if fault.twist is not None:
                twist = fault.twist(twist, settings)
            if fault.before is None:
                continue
            reply = fault.before(call, settings)
            if reply is not None:
                self._note(fault)
                call.fault = fault.name
                return reply
        call.twist = twist
        call.hidden = any(fault.hides for fault, _ in hits)
        return None

    def after(self, call: Call, reply: Reply) -> Reply:
        """Return `reply` as the faults drawn for `call` leave it."""
        for fault, settings in call.hits:
            changed = reply
            if fault.after is not None:
                changed = fault.after(call, reply, settings)
            elif fault.twist is None or not _took_effect(fault, call):
                continue
            if fault.after is not None and changed is reply:
                continue
            self._note(fault)
            if fault.tampers:
                call.fault = fault.name
            reply = changed
            if fault.hides or reply.manner is not Manner.WHOLE:
                break
        return reply

    def shown(self) -> dict[str, Any]:
        """Return the specification, the calls seen, and how often each fault fired."""
        with self._lock:
            return {
                "spec": self.spec.text,
                "calls": dict(self._calls),
                "fired": dict(self.fired),
            }

    def replaced(self, text: str) -> "Plan":
        """Return a new plan for `text` that goes on with this one's counts.

        Raises FaultSpecError.
        """
        return Plan(specs.read(text), self.fired)

    def _draw(self, call: Call) -> list[Hit]:
        settings = self.spec.settings
        if settings.latency or settings.jitter:
            self._wait()
        if self._is_empty:
            return []
        with self._lock:
            number = self._calls[call.action]
            self._calls[call.action] += 1
        call.number = number
        hits = [
            Hit(fault, settings)
            for fault, share in self.spec.shares.get(call.action, ())
            if self._meets(fault, share, call, number) and fault.fits(call)
        ]
        # What has stuck is met by every action, whatever it was limited to.
        stuck = (FAULTS[name] for name in self._stuck)
        hits += [Hit(one, settings) for one in stuck if call.action in one.actions]
        if settings.mix and self._chance("mix", call.action, number) < settings.mix:
            hits += self._mixed(call, number)
        sticky = {one.name for one, _ in hits if one.sticky}
        if sticky - self._stuck:
            with self._lock:
                # Replaced, not changed: other threads may be reading it.
                self._stuck = self._stuck | sticky
        return hits

    def _meets(self, fault: Fault, share: float, call: Call, number: int) -> bool:
        if share >= 1:
            return True
        if fault.lasting:
            number //= self.spec.settings.spell
        return self._chance(fault.name, call.action, number) < share

    def _mixed(self, call: Call, number: int) -> list[Hit]:
        """Pick one of the daily faults that the call can meet."""
        known = [one for one in DAILY if call.action in one.actions and one.fits(call)]
        if not known:
            return []
        chance = self._chance("which", call.action, number)
        return [Hit(known[int(chance * len(known))], self.spec.settings)]

    def _chance(self, name: str, action: str, number: int) -> float:
        return fate.draw(f"{self.spec.settings.seed}:{name}:{action}", number=number)

    def _wait(self) -> None:
        settings = self.spec.settings
        seconds = settings.latency
        if settings.jitter:
            number = next(self._waits)
            seconds += settings.jitter * self._chance("jitter", "", number)
        time.sleep(seconds)

    def _wish(self, text: str) -> "Plan":
        with self._lock:
            found = self._wishes.get(text)
        if found is not None:
            return found
        try:
            own = self.spec.settings
            base = Settings(
                seed=own.seed,
                hang=own.hang,
                pace=own.pace,
                retry=own.retry,
                spell=own.spell,
                jump=own.jump,
            )
            made = Plan(specs.read(text, base), self.fired)
        except FaultSpecError as error:
            raise RefusedError(f"Bad fault: {error}") from error
        with self._lock:
            if len(self._wishes) >= MOST_WISHES:
                self._wishes.clear()
            return self._wishes.setdefault(text, made)

    def _note(self, fault: Fault) -> None:
        with self._lock:
            self.fired[fault.name] += 1


def _took_effect(fault: Fault, call: Call) -> bool:
    """Whether the vendor did what it did in the way that a twist asked for."""
    if call.action != "add":
        return True
    is_plain = call.twist.naming is Naming.ITSELF and not call.twist.opaque
    return call.order is not None and not (fault.tampers and is_plain)


def parse(text: str) -> Plan:
    """Return the plan that `text` describes; an empty one is without faults.

    Raises FaultSpecError with what is known when `text` is anything else.
    """
    return Plan(specs.read(text))
