"""Looking at real processes from tests."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 15.0


def processes_with(words: str) -> dict[int, str]:
    """Return the running processes that have `words` on their command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if words in line:
            found[int(folder.name)] = line
    return found


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; fail when it does not within `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
