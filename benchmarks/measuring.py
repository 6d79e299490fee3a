"""What several measurements need: a sandbox of its own, percentiles, counters."""

import json
import os
import re
import statistics
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.db import connection

# Clock ticks of the kernel's counters, in a second.
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def upstream(*options: str) -> Iterator[str]:
    """Run a sandbox with `options` on a port of its own; its API's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise RuntimeError("the sandbox did not say where it is")
        yield found.group()
    finally:
        process.terminate()
        process.wait()


def book(url: str) -> dict[str, Any]:
    """Return the book of the sandbox whose API is at `url`."""
    with urllib.request.urlopen(urljoin(url, "/_book"), timeout=60) as reply:
        found: dict[str, Any] = json.load(reply)
        return found


def machine() -> str:
    """Return what the figures were measured on, and what else it had to do."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return f"{cores} cores, load before {os.getloadavg()[0]:.1f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of `values` lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def milliseconds(seconds: Sequence[float]) -> str:
    """Return median and 95th percentile of `seconds`, for people."""
    return (
        f"p50 {statistics.median(seconds) * 1000:.1f} ms, "
        f"p95 {percentile(seconds, 0.95) * 1000:.1f} ms of {len(seconds)}"
    )


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU, user and system, that a process has used (Linux)."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / TICKS


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """Count the statements of this thread by their text; BEGIN and COMMIT not."""
    seen: Counter[str] = Counter()

    def note(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        seen[sql] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def shortened(sql: str, width: int = 110) -> str:
    """Return a statement on one line, its long list of columns left out."""
    line = " ".join(str(sql).split())
    line = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", line)
    line = re.sub(
        r"(INSERT INTO \S+) \(.*?\) VALUES .*?( RETURNING.*)?$", r"\1 …", line
    )
    return line if len(line) <= width else f"{line[: width - 1]}…"
