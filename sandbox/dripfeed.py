"""A drip-feed whose runs are orders of their own: when they start, and their shares."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sandbox import progress
from sandbox.progress import Standing
from sandbox.records import Order, Status


def runs_left(parent: Order) -> int:
    """Return how many runs of `parent` have not started."""
    return (parent.runs or 0) - len(parent.children or ())


def starts_at(parent: Order) -> float:
    """Return the moment at which the next run of `parent` starts: one a life."""
    runs = parent.runs or 1
    return parent.placed_at + parent.seconds * len(parent.children or ()) / runs


def due_at(parent: Order) -> float:
    """Return the moment at which `parent` needs to be looked at again."""
    if parent.outcome in progress.NEVER_STARTED:
        return progress.ends_at(parent)
    next_run = starts_at(parent)
    return next_run if parent.cancel_at is None else min(next_run, parent.cancel_at)


def charge_until(parent: Order, runs: int) -> Decimal:
    """Return what the first `runs` runs of `parent` cost.

    A run costs the difference to the one before, so that all of them together cost
    exactly what was charged for the parent.
    """
    share = parent.charge * runs / (parent.runs or 1)
    return share.quantize(Decimal("0.00001"))


def standing(parent: Order, children: Iterable[Standing]) -> Standing:
    """Return where `parent` stands, given where the runs do that have started.

    Its charge is theirs, and that of the runs to come while there will be any.
    """
    children = list(children)
    delivered = sum(child.delivered for child in children)
    charge = sum((child.charge for child in children), Decimal(0))
    status = parent.ended
    if status is None:
        charge += parent.charge - charge_until(parent, len(children))
        is_first = len(children) == 1
        status = children[0].status if is_first else Status.IN_PROGRESS
        if status not in {Status.PENDING, Status.PROCESSING}:
            status = Status.IN_PROGRESS
    return replace(
        children[0],
        status=status,
        delivered=delivered,
        remains=parent.units - delivered,
        charge=charge,
    )
