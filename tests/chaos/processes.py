"""The shop's processes for a chaos run, two of most, and the providers beside them."""

import json
import os
import secrets
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from shop import serving
from shop.embedded.joining import Membership
from shop.embedded.launcher import VARIABLES, prepare
from shop.embedded.state import BASE_DIR, StateFolder
from shop.processes import Child, spawn
from shop.supervisor import Supervisor

# Seconds. As short as the shop's own checks allow, so that what takes long otherwise
# (a lease that runs out, a message that comes again) happens many times in one run.
DEADLINE = 3.5
LEASE = 5
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "ALLOW_PRIVATE_ADDRESSES": "true",
    "HTTP_DEADLINE": str(DEADLINE),
    "ATTEMPT_LEASE": str(LEASE),
    "VISIBILITY_TIMEOUT": "8",
    "TRACK_INTERVAL": "1",
    "TRACK_INTERVAL_MAX": "3",
    "HELD_WAITS": "1,2,4",
    "BREAKER_WAIT": "1",
    "EVIDENCE_INTERVAL": "3",
    "BALANCE_INTERVAL": "5",
    "SYNC_INTERVAL": "20",
    "EMAIL_URL": "dummymail://",
    "LOG_LEVEL": "INFO",
}
# Never a shop that somebody has configured: this one is made to be broken.
FOREIGN = (*VARIABLES.values(), "SECRET_KEY", "FIELD_KEYS", "DEMO", "SITE_URL")
TWINS = (1, 2)
STOP_ORDER = (
    *(f"{name}{number}" for name in ("beat", "web", "worker") for number in TWINS),
    *(f"sandbox{number}" for number in TWINS),
)
READY_SECONDS = 30.0


@dataclass(frozen=True)
class Twin(serving.Processes):
    """The shop's own processes, numbered; with a mistake inside where one is wanted."""

    number: int = 1
    mistaken: bool = False

    def _child(
        self,
        name: str,
        arguments: Sequence[str],
        stop_seconds: float = 10.0,
        **environment: str,
    ) -> Child:
        more = list(arguments)
        if name == "worker":
            more += ["-n", f"worker{self.number}@%h"]
            more += ["-I", "tests.chaos.mistakes"] if self.mistaken else []
        elif name == "beat":
            more += ["-s", str(self.membership.state.path / f"beat{self.number}")]
        elif name == "web" and self.mistaken:
            more[-1] = "tests.chaos.mistaken:application"
        stop_seconds = min(stop_seconds, 3.0)
        return super()._child(f"{name}{self.number}", more, stop_seconds, **environment)


@dataclass
class Sandbox:
    """A provider in a process of its own, and what it says of itself.

    One that `tells` knows request ids, and lists the orders of a key.
    """

    name: str
    port: int
    tells: bool = False
    key: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def address(self) -> str:
        return f"http://{serving.HOST}:{self.port}"

    def child(self, log: Path, *, speed: float, seed: int, faults: str) -> Child:
        """Return its process; the code is that of SANDBOX_PATH, ours by default."""
        folder = Path(os.environ.get("SANDBOX_PATH") or BASE_DIR)
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port)]
        command += ["--key", self.key, "--speed", str(speed), "--seed", str(seed)]
        command += ["--balance", "100000000", "--refill-cooldown", "0"]
        command += ["--request-ids", "--list-orders"] if self.tells else []
        command += ["--partial", "0.1", "--cancel", "0.05", "--faults", faults]
        start = partial(
            spawn,
            command,
            log=log,
            environment={**os.environ, "PYTHONPATH": str(folder)},
            folder=folder,
        )
        return Child(self.name, start, log)

    def book(self) -> dict[str, Any]:
        """Return everything that it holds."""
        with urllib.request.urlopen(f"{self.address}/_book", timeout=60) as reply:
            book: dict[str, Any] = json.load(reply)
            return book

    def plan(self, faults: str) -> None:
        """Have it follow another plan of faults from now on; an empty one heals it."""
        request = urllib.request.Request(f"{self.address}/_faults", faults.encode())
        urllib.request.urlopen(request, timeout=10).close()

    def is_up(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/", timeout=1).close()
        except (OSError, urllib.error.URLError):
            return False
        return True


class Stage:
    """A shop of its own in a folder of its own, and everything that runs it."""

    def __init__(self, *, mistake: str = "") -> None:
        """Start the servers and set the environment; Django may be set up then."""
        for name in FOREIGN:
            os.environ.pop(name, None)
        self.folder = Path(tempfile.mkdtemp(prefix="magpie-chaos-"))
        # The servers' user passes through it.
        self.folder.chmod(0o711)
        self.port = serving.free_port(near=8600 + secrets.randbelow(300))
        os.environ.update(ENVIRONMENT, STATE_DIR=str(self.folder), PORT=str(self.port))
        os.environ["CHAOS_MISTAKE"] = mistake
        self.mistake = mistake
        self.state = StateFolder(self.folder)
        # Not the tests' throw-away servers, which flush nothing: durability is at stake.
        self.membership = Membership(self.state, ["postgres", "valkey"])
        self.membership.ask()
        prepare(os.environ, serverless=False)
        self.membership.wait()
        self.supervisor = Supervisor(self._note, STOP_ORDER)
        self.sandboxes = [
            Sandbox(
                f"sandbox{number}", self._free_port(number), tells=number == TWINS[1]
            )
            for number in TWINS
        ]
        self.deaths: list[str] = []

    @property
    def address(self) -> str:
        return f"http://{serving.HOST}:{self.port}"

    def start_sandboxes(
        self, *, speed: float, seed: int, faults: Sequence[str]
    ) -> None:
        """Start the providers, each with a plan of faults, and wait until they answer."""
        for sandbox, plan in zip(self.sandboxes, faults, strict=True):
            log = self.state.log / f"{sandbox.name}.log"
            child = sandbox.child(log, speed=speed, seed=seed, faults=plan)
            self.supervisor.start(child)
        self.wait_for(lambda: all(sandbox.is_up() for sandbox in self.sandboxes))

    def start_shop(self) -> None:
        """Start web, workers and schedulers, and wait for the first page."""
        for number in TWINS:
            made = Twin(self.membership, False, number, bool(self.mistake))  # noqa: FBT003
            if number == 1:
                self.supervisor.start(made.web(self.port))
            self.supervisor.start(made.worker())
            self.supervisor.start(made.beat())
        serving.wait_for_page(self.port, self.supervisor)

    def child(self, name: str) -> Child:
        return next(one for one in self.supervisor.children if one.name == name)

    def watch(self) -> None:
        """Start again what has ended. Main thread only: children die with theirs."""
        self.supervisor.watch()
        self.membership.look_after()

    def wait_for(self, condition: Any, seconds: float = READY_SECONDS) -> bool:
        """Watch until `condition` holds, for at most `seconds`; return whether it does."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.watch()
            time.sleep(0.1)
        return True

    def end(self, *, keep: bool) -> None:
        """Stop the servers; remove the folder unless it is to be kept."""
        self.membership.leave()
        self.membership.wait_for_end()
        if not keep:
            shutil.rmtree(self.state.sockets.resolve(), ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _note(self, event: str) -> None:
        self.deaths.append(event)

    def _free_port(self, number: int) -> int:
        return serving.free_port(near=self.port + 20 * number)
