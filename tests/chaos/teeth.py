"""`make chaos-teeth`: each deliberate mistake, and the column that finds it.

The mistakes themselves are in `mistakes`, under the same names; here is what a run
needs to meet them. Some are none: they show that what looks dangerous is not, and that
the columns do not cry wolf.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shop.embedded.state import BASE_DIR

QUIET = "latency=20"
TWICE = ("accepted twice upstream", "sent without an attempt on record")
MONEY = ("customer's balance wrong", "promises that the audit finds broken")
KILLS = {"kill worker": 5}


@dataclass(frozen=True)
class Tooth:
    """A mistake: what it does, what a run must be like to meet it, which columns find it.

    One that is found by none (`found_by` empty) is expected to do no harm.
    """

    tells: str
    found_by: tuple[str, ...] = ()
    faults: str = QUIET
    storm: Mapping[str, int] = field(default_factory=dict)
    orders: int = 120
    patience: float = 25.0


TEETH: Mapping[str, Tooth] = {
    "none": Tooth("nothing is wrong", storm={"deliver twice": 4, "flush": 2}),
    "late_answer_kept": Tooth("an answer in nine comes after its lease"),
    "ticks_ignored": Tooth(
        "two schedulers, and each ring counts: the rows are locked all the same",
        storm={"deliver twice": 2},
    ),
    "late_answer_dropped": Tooth(
        "such an answer is thrown away", ("unknown without a cause",)
    ),
    "retried_on_silence": Tooth(
        "a call without an answer is made once more",
        TWICE,
        "timeout_after:add=0.1,hang=6",
    ),
    "silence_is_refusal": Tooth(
        "no answer is read as not sent", TWICE, "reset_after:add=0.15,latency=20"
    ),
    "claimed_unseen": Tooth(
        "an order is sent though somebody else is sending it",
        TWICE,
        "latency=300",
        {"deliver twice": 12},
    ),
    "expired_is_queued": Tooth(
        "what was being sent when a lease ran out is sent again",
        TWICE,
        "latency=300",
        KILLS,
        patience=110,
    ),
    "unknown_is_queued": Tooth(
        "the sweeper sends unknown orders again", TWICE, "reset_after:add=0.15"
    ),
    "unknown_is_refunded": Tooth(
        "the sweeper gives back what is unknown",
        ("upstream, but given back here",),
        "reset_after:add=0.15",
    ),
    "applied_in_halves": Tooth(
        "the id is committed before the order, and the worker dies between",
        ("answer on record, but not applied",),
        patience=110,
    ),
    "refunded_twice": Tooth("a refund has no cause of its own, and comes twice", MONEY),
    "refund_rounded_up": Tooth("refunds are rounded the other way", ("refund wrong",)),
    "told_by_position": Tooth(
        "statuses are matched by their place in the reply",
        ("ended otherwise than upstream", "refund wrong"),
        "ids_left_out:status=0.6",
    ),
    "nobody_rings_again": Tooth(
        "the sweeper rings for no order: a lost message is a lost order",
        ("neither ended, flagged nor held",),
        storm={"flush": 4, "kill valkey": 2},
    ),
    "key_forgotten": Tooth(
        "idempotency keys are read and forgotten", ("ordered twice for one wish",)
    ),
    "charge_forgotten": Tooth("an order in ten is not charged", MONEY),
    "refill_repeated": Tooth(
        "a refill without an answer is asked for again",
        ("refills upstream that nobody asked for",),
        "reset_after:refill=1",
        orders=240,
    ),
    "commit_not_flushed": Tooth(
        "synchronous_commit is off",
        ("acknowledged, but not in our book",),
        storm={"restart database": 4},
        orders=300,
    ),
}


def bite(names: Sequence[str], *, seed: int) -> int:
    """Run with each mistake of `names` (all, if none); 1 where one was not found."""
    code = 0
    for name in names or TEETH:
        tooth = TEETH[name]
        found, ending = _run(name, seed)
        hits = [column for column in found if column in tooth.found_by]
        good = bool(hits) if tooth.found_by else not found
        if not tooth.found_by:
            word = "harmless, as it should be" if good else "NOT HARMLESS"
        else:
            word = "found" if good else "NOT FOUND"
        print(f"{name}: {tooth.tells}\n    {word}: {'; '.join(found) or 'all zeros'}")
        print(f"    {ending}", flush=True)
        code |= not good
    return int(code)


def _run(name: str, seed: int) -> tuple[list[str], str]:
    """Return the columns that are no zeros, and what the logs say."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--mistake", name, "--seed", str(seed)],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = result.stdout.splitlines()
    errors = next((line for line in lines if line.startswith("errors in")), "no errors")
    if lines and lines[-1].startswith("BROKEN: "):
        return lines[-1].removeprefix("BROKEN: ").split("; "), errors
    if result.returncode == 0:
        return [], errors
    last = (result.stderr.strip() or result.stdout.strip()).rpartition("\n")[2]
    return ["the run ended early"], last
