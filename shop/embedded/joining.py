"""Joining the embedded servers: whoever comes first starts the keeper."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from types import ModuleType

from shop.embedded import postgres, valkey
from shop.embedded.locks import FileLock
from shop.embedded.state import BASE_DIR, StateFolder
from shop.processes import CannotStart, Process, bound_log, last_line

JOIN_SECONDS = 180.0
# The keeper notices within this time that nobody uses the servers any more, and has
# then stopped them within that, in seconds.
NOTICE_SECONDS = 3.0
END_SECONDS = 40.0
ENGINES: dict[str, ModuleType] = {"postgres": postgres, "valkey": valkey}


class Membership:
    """A share in some of the servers: they run as long as somebody holds one.

    Ends with the process, or by `leave`; a child that inherits `lock.fd` keeps it up.
    """

    def __init__(
        self, state: StateFolder, engines: Sequence[str], *, throw_away: bool = False
    ) -> None:
        """Take a share in `engines` (`postgres`, `valkey`) of the folder `state`.

        Starts nothing yet; waits where servers are just being stopped. With `throw_away`
        a keeper that we start never flushes, and removes the folder in the end.
        """
        state.create()
        self.state = state
        self.engines = engines
        self.throw_away = throw_away
        self.lock = FileLock(state.users_lock).share()
        self._keeper: Process | None = None
        self._keeper_log = state.log / "keeper.log"

    def ask(self) -> None:
        """Have the servers started, without waiting for them."""
        for engine in self.engines:
            self.state.wanted(engine).touch()
        self.look_after()

    def wait(self) -> None:
        """Wait until all servers answer; raises CannotStart where one will not."""
        deadline = time.monotonic() + JOIN_SECONDS
        for engine in self.engines:
            while not ENGINES[engine].is_ready(self.state):
                self.look_after()
                if time.monotonic() > deadline:
                    raise CannotStart(f"{engine} does not answer: see {self.state.log}")
                time.sleep(0.03)

    def look_after(self) -> None:
        """Start a keeper if there is none, or if it was killed.

        Who gets the keeper's lock hands it to the child, so there is never a second one.
        Raises CannotStart, with its reason, where the keeper that we started gave up.
        """
        if not self.engines:
            return
        lock = FileLock(self.state.keeper_lock)
        try:
            if lock.try_exclusive():
                # It has let go of its lock, so it has ended, or does so right now.
                if self._keeper and self._keeper.wait() > 0:
                    raise CannotStart(last_line(self._keeper_log))
                self._keeper = self._spawn_keeper(lock)
        finally:
            lock.close()

    def leave(self) -> None:
        """Give the share back; a throw-away keeper that we started ends at once."""
        self.lock.unlock()
        self.lock.close()
        if self._keeper and self._keeper.poll() is None and self.throw_away:
            self._keeper.terminate()
            self._keeper.wait()

    def wait_for_end(self) -> None:
        """After `leave`: wait while the servers stop, but not if others use them."""
        lock = FileLock(self.state.keeper_lock)
        begun = time.monotonic()
        while not lock.try_exclusive():
            in_use = any(self.state.wanted(engine).exists() for engine in ENGINES)
            if time.monotonic() - begun > (NOTICE_SECONDS if in_use else END_SECONDS):
                break
            time.sleep(0.05)
        lock.close()

    def _spawn_keeper(self, lock: FileLock) -> Process:
        bound_log(self._keeper_log)
        command = [sys.executable, "-m", "shop.embedded"]
        command += ["--state-dir", str(self.state.path), "--lock-fd", str(lock.fd)]
        if self.throw_away:
            command.append("--throw-away")
        with open(self._keeper_log, "ab") as log:
            # Unlike all others it must outlive us: it serves whoever comes next.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=BASE_DIR,
                env={**os.environ, "PYTHONPATH": str(BASE_DIR)},
                start_new_session=True,
                pass_fds=[lock.fd],
            )
