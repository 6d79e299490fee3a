"""Celery's processes, with an environment of their own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

QUEUES = "submit,track,sync,notify"


class Crew:
    """Workers and schedulers of one measurement; a context manager that stops them."""

    def __init__(self, **environment: str) -> None:
        """Prepare; `environment` is set for them on top of our own."""
        self._environment = {**os.environ, **environment}
        self._folder = tempfile.TemporaryDirectory()
        self._processes: list[subprocess.Popen[bytes]] = []

    def worker(self, *, threads: int, queues: str = QUEUES) -> subprocess.Popen[bytes]:
        """Start a worker as the shop does, with `threads`."""
        arguments = ["worker", "-P", "threads", "-c", str(threads), "-Q", queues]
        return self._start([*arguments, "--without-gossip", "--without-mingle"])

    def beat(self) -> subprocess.Popen[bytes]:
        """Start a scheduler."""
        return self._start(["beat", "-s", str(Path(self._folder.name) / "beat")])

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()
        self._folder.cleanup()

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        with (Path(self._folder.name) / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "shop", *arguments],
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        self._processes.append(process)
        return process
