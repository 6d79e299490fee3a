"""`make chaos` and `make chaos-teeth`; `python -m tests.chaos --help`."""

import argparse
import sys

import django

from tests.chaos.processes import Stage
from tests.chaos.teeth import TEETH, bite

ORDERS = 2000
PATIENCE = 150.0
FAULTS = (
    "mix=0.12,latency=20,jitter=60,hang=5,seed=1",
    "mix=0.06,latency=20,jitter=60,hang=5,seed=2",
)


def main() -> int:
    """Run what the command line asks for; 1 where a zero is none."""
    options = _parser().parse_args()
    if options.teeth is not None:
        return bite(options.teeth, seed=options.seed)
    tooth = TEETH.get(options.mistake)
    first, *others = options.faults or ([tooth.faults] if tooth else FAULTS)
    second = others[0] if others else (first if tooth else FAULTS[1])
    stage = Stage(mistake=options.mistake)
    try:
        django.setup()
        # Models may be imported only now.
        from tests.chaos import telling, trial  # noqa: PLC0415

        terms = trial.Terms(
            orders=options.orders or (tooth.orders if tooth else ORDERS),
            seed=options.seed,
            faults=(first, second),
            storm=tooth.storm if tooth else None,
            patience=options.patience or (tooth.patience if tooth else PATIENCE),
        )
        verdict = trial.run(stage, terms)
        print(telling.table(verdict))
        return 1 if verdict.broken else 0
    finally:
        stage.end(keep=options.keep)
        if options.keep:
            print(f"kept: {stage.folder}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    add = parser.add_argument
    add("--orders", type=int, help=f"how many orders ({ORDERS})")
    add("--seed", type=int, default=1, help="of wishes, blows and fates (%(default)s)")
    add(
        "--faults",
        action="append",
        metavar="SPEC",
        help="of the first provider, and once more of the second",
    )
    add("--patience", type=float, help=f"seconds until rest ({PATIENCE:.0f})")
    add(
        "--mistake",
        default="",
        choices=["", *TEETH],
        metavar="MISTAKE",
        help="put a deliberate mistake in, in a run that meets it",
    )
    add("--keep", action="store_true", help="keep the folder with its logs")
    add(
        "--teeth",
        nargs="*",
        choices=TEETH,
        metavar="MISTAKE",
        help="run with each mistake named, or all, and see each of them found",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
