"""`python -m shop.embedded --state-dir FOLDER`: the keeper process."""

import argparse
import sys
from pathlib import Path

from shop.embedded.keeper import Keeper
from shop.embedded.locks import FileLock
from shop.embedded.state import StateFolder
from shop.processes import CannotStart


def main() -> int:
    """Run the keeper; 0 when it is no longer needed (or never was), 1 on failure."""
    parser = argparse.ArgumentParser(
        prog="python -m shop.embedded", description=__doc__
    )
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument(
        "--lock-fd", type=int, help="the keeper's lock, held and handed over"
    )
    parser.add_argument(
        "--throw-away", action="store_true", help="never flush; remove all in the end"
    )
    options = parser.parse_args()
    state = StateFolder(options.state_dir.resolve())
    try:
        state.create()
        lock = FileLock(state.keeper_lock, fd=options.lock_fd)
        if not lock.try_exclusive():
            return 0
        Keeper(state, throw_away=options.throw_away).run()
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
