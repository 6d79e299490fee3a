"""Faults of an accepted `add`: how its order is named, charged, and lives on."""

from collections.abc import Callable
from dataclasses import replace

from sandbox.faults.fault import Fault, Settings
from sandbox.records import Status
from sandbox.twists import Naming, Twist


def _named(name: str, tells: str, naming: Naming) -> Fault:
    return Fault(
        name,
        f"{tells}; done",
        ("add",),
        twist=lambda twist, settings: replace(twist, naming=naming),
        tampers=True,
    )


def _regret(status: Status) -> Callable[[Twist, Settings], Twist]:
    return lambda twist, settings: replace(twist, regret=status)


def _jump(twist: Twist, settings: Settings) -> Twist:
    return replace(twist, price_factor=settings.jump)


FAULTS = (
    _named("id_text", 'the id is numeric text, "23501"', Naming.TEXT),
    Fault(
        "id_opaque",
        'the id is opaque, "ord_01H…", and understood; done',
        ("add",),
        twist=lambda twist, settings: replace(twist, opaque=True),
        tampers=True,
    ),
    _named("id_zero", "the id is 0", Naming.ZERO),
    _named("id_duplicate", "the id is that of an earlier order", Naming.DUPLICATE),
    _named("id_missing", "there is no id in the reply", Naming.MISSING),
    Fault(
        "regret_partial",
        "a life after Completed it is Partial, half the money back",
        ("add",),
        twist=_regret(Status.PARTIAL),
    ),
    Fault(
        "regret_cancel",
        "a life after Completed it is Canceled, the money back",
        ("add",),
        twist=_regret(Status.CANCELED),
    ),
    Fault(
        "over_delivery",
        "a tenth more is delivered than ordered: remains below 0",
        ("add",),
        twist=lambda twist, settings: replace(twist, over_delivers=True),
    ),
    Fault(
        "price_jump",
        "from then on rates are multiplied by JUMP, and charged so",
        ("services", "add"),
        twist=_jump,
        daily=False,
        sticky=True,
    ),
)
