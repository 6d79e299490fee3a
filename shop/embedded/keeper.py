"""The keeper: owns both servers of a state folder for as long as anybody uses them."""

import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from shop.embedded import postgres, valkey
from shop.embedded.binaries import postgres_program
from shop.embedded.identity import Identity, choose_identity
from shop.embedded.locks import FileLock
from shop.embedded.state import StateFolder
from shop.processes import Child

TICK = 0.1
# Nobody must have used the servers for this long before they stop, in seconds.
IDLE_SECONDS = 1.0


class Keeper:
    """Starts the servers that are asked for, and watches them and their users."""

    def __init__(self, state: StateFolder, *, throw_away: bool) -> None:
        """Prepare for `state`; with `throw_away` it is removed in the end."""
        self.state = state
        self.throw_away = throw_away
        self.users = FileLock(state.users_lock)
        self.identity: Identity | None = None
        self.servers: dict[str, Child] = {}

    def run(self) -> None:
        """Keep the servers until nobody uses them, or until SIGTERM; then stop them.

        Raises CannotStart, having stopped what ran, when a server cannot be kept.
        """
        signal.signal(signal.SIGTERM, _end)
        try:
            self._tend()
            while not self._idle():
                self._tend()
        finally:
            self._stop()

    def _idle(self) -> bool:
        """Watch for `IDLE_SECONDS`; True (and the lock is ours) if nobody showed up."""
        deadline = time.monotonic() + IDLE_SECONDS
        while self.users.try_exclusive():
            if time.monotonic() > deadline:
                return True
            self.users.unlock()
            time.sleep(TICK)
            self._tend()
        time.sleep(TICK)
        return False

    def _tend(self) -> None:
        for engine in ("valkey", "postgres"):
            if engine not in self.servers and self.state.wanted(engine).exists():
                self.servers[engine] = self._server(engine)
        for server in self.servers.values():
            if event := server.keep():
                sys.stderr.write(f"{datetime.now(UTC):%F %T} {event}\n")
                sys.stderr.flush()

    def _server(self, engine: str) -> Child:
        log = self.state.log / f"{engine}.log"
        if engine == "valkey":
            start = partial(valkey.start, self.state, self._identity())
            return Child(engine, start, log)
        start = partial(
            postgres.start, self.state, self._identity(), throw_away=self.throw_away
        )
        return Child(engine, start, log, signal.SIGINT, stop_seconds=30.0)

    def _identity(self) -> Identity:
        if self.identity is None:
            self.identity = choose_identity(
                program=postgres_program("postgres"),
                folder=self.state.path,
                data=self.state.postgres,
            )
            self.identity.hand_over(self.state.sockets.resolve())
        return self.identity

    def _stop(self) -> None:
        """Stop Valkey, then PostgreSQL, and forget what was asked for."""
        for engine in ("valkey", "postgres"):
            self.state.wanted(engine).unlink(missing_ok=True)
            if engine in self.servers:
                self.servers[engine].stop()
        if self.throw_away:
            shutil.rmtree(self.state.sockets.resolve(), ignore_errors=True)
            shutil.rmtree(self.state.path, ignore_errors=True)


def _end(_signal: int, _frame: FrameType | None) -> None:
    # A second signal must not interrupt the stopping.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)
