"""Child processes: started so that they cannot outlive us, kept alive, stopped."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_BYTES = 10_000_000
# A child that has lived this long has earned a clean record, in seconds.
SETTLED = 60.0
DEATHS_ALLOWED = 6

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Process = subprocess.Popen[bytes]


class CannotStart(Exception):
    """Something could not be started; the message is one line for the person."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    environment: Mapping[str, str] | None = None,
    folder: Path | str = "/",
    dies_with_us: signal.Signals = signal.SIGKILL,
    user: int | None = None,
    group: int | None = None,
    pass_fds: Sequence[int] = (),
) -> Process:
    """Start `command` in a session of its own, so that Ctrl-C reaches only us.

    On Linux the kernel sends it `dies_with_us` when this process (strictly: the thread
    that called) ends in whatever way. Output goes to the end of `log`, or to our own
    output where `log` is None. With `user` and `group` (root only) it runs as those.
    Raises CannotStart where the program cannot be run.
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        if _libc:
            _libc.prctl(PR_SET_PDEATHSIG, dies_with_us)
            if os.getppid() != parent:
                os._exit(1)

    output = open(log, "ab") if log else None  # noqa: SIM115
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=tie_to_parent,  # noqa: PLW1509 (one thread starts everything)
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            pass_fds=pass_fds,
        )
    except OSError as error:
        raise CannotStart(f"{command[0]} cannot be run: {error.strerror}") from error
    finally:
        if output:
            output.close()


def stop(process: Process, *, first: signal.Signals, seconds: float) -> None:
    """Send the signal `first`, wait up to `seconds`, then kill; returns when it ended.

    Whatever the process itself had started and left behind is killed too.
    """
    if process.poll() is None:
        process.send_signal(first)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    kill_leftovers(process)


def kill_leftovers(process: Process) -> None:
    """Kill what remains of the session of an ended process that `spawn` started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def bound_log(log: Path, *, limit: int = LOG_BYTES) -> None:
    """Move what `log` holds to `<log>.1` once it exceeds `limit` bytes.

    Copied and cut rather than renamed: the child goes on appending to the same file.
    """
    if log.exists() and log.stat().st_size > limit:
        log.with_name(f"{log.name}.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def rotate_log(log: Path) -> None:
    """Set aside what an earlier run wrote to `log`, as `<log>.1`."""
    if log.exists() and log.stat().st_size:
        log.replace(log.with_name(f"{log.name}.1"))


def last_line(log: Path) -> str:
    """Return the last line of `log` that says something, or an empty string."""
    if not log.exists():
        return ""
    lines = log.read_bytes()[-10_000:].decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


@dataclass
class Child:
    """A process that is started again when it ends, a little later each time."""

    name: str
    start: Callable[[], Process]
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    process: Process | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    _started_at: float = field(default=0.0, init=False)
    _due_at: float = field(default=0.0, init=False)

    def keep(self) -> str:
        """Start the process if it is due; return what happened, or an empty string.

        Raises CannotStart when it has ended `DEATHS_ALLOWED` times in a row without
        once living for `SETTLED` seconds.
        """
        now = time.monotonic()
        if self.process and self.process.poll() is not None:
            return self._bury(self.process.returncode, now)
        if self.process is None and now >= self._due_at:
            self._started_at = now
            self.process = self.start()
        if self.log:
            bound_log(self.log)
        return ""

    def _bury(self, code: int, now: float) -> str:
        if self.process:
            kill_leftovers(self.process)
        self.process = None
        self.deaths = 1 if now - self._started_at > SETTLED else self.deaths + 1
        if self.deaths >= DEATHS_ALLOWED:
            reason = last_line(self.log) if self.log else f"it ended with {code}"
            raise CannotStart(f"{self.name} keeps ending: {reason}")
        pause = min(0.1 * 2**self.deaths, 10.0)
        self._due_at = now + pause
        return f"{self.name} ended with {code}; starting it again in {pause:.1f} s"

    def stop(self) -> None:
        """Stop the process, if there is one, and wait for it."""
        if self.process:
            stop(self.process, first=self.stop_signal, seconds=self.stop_seconds)
            self.process = None
