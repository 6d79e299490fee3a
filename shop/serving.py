"""The processes of a shop on one machine: what each of them is, and its first page."""

import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from shop.embedded.joining import Membership
from shop.embedded.state import BASE_DIR
from shop.processes import CannotStart, Child, rotate_log, spawn
from shop.supervisor import Supervisor

HOST = "127.0.0.1"
# Python's own work is the limit, not waiting: a process per core, up to a point.
WEB_PROCESSES = min(os.cpu_count() or 1, 4)
WEB_THREADS = 8
# Waiting for providers is most of the work; two that hang must not stop the others.
WORKER_THREADS = 32
QUEUES = "submit,track,sync,notify"
# What still gives work first, and what finishes it last.
STOP_ORDER = ("beat", "web", "worker", "sandbox", "stripe")
# Longer than a call upstream may take (HTTP_DEADLINE): its answer is worth the wait.
WORKER_STOP_SECONDS = 30.0
ANSWER_SECONDS = 60.0


@dataclass(frozen=True)
class Processes:
    """Makes the shop's processes, which share our share in the embedded servers.

    They write to `log` in the state folder, or to our own output if `verbose`.
    """

    membership: Membership
    verbose: bool

    def web(self, port: int) -> Child:
        """Return the web server on `port` of this machine."""
        arguments = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--host", HOST]
        arguments += ["--port", str(port), "--workers", str(WEB_PROCESSES)]
        arguments += [
            "--blocking-threads",
            str(WEB_THREADS),
            "--respawn-failed-workers",
        ]
        arguments += ["--workers-kill-timeout", "5", "--log-level", "warning"]
        return self._child("web", [*arguments, "shop.wsgi:application"])

    def worker(self) -> Child:
        """Return the Celery worker for all queues."""
        arguments = ["-m", "celery", "-A", "shop", "worker", "-l", "INFO", "-Q", QUEUES]
        arguments += ["-P", "threads", "-c", str(WORKER_THREADS)]
        arguments += ["--without-gossip", "--without-mingle"]
        # A connection for each thread: with fewer they would wait for one another.
        pool = os.environ.get("DB_POOL", str(WORKER_THREADS + 2))
        return self._child(
            "worker", arguments, stop_seconds=WORKER_STOP_SECONDS, DB_POOL=pool
        )

    def beat(self) -> Child:
        """Return Celery's scheduler."""
        schedule = self.membership.state.path / "beat.schedule"
        arguments = ["-m", "celery", "-A", "shop", "beat", "-l", "WARNING"]
        return self._child("beat", [*arguments, "-s", str(schedule)])

    def sandbox(self, port: int) -> Child:
        """Return the provider to practise on, on `port` of this machine."""
        book = self.membership.state.path / "sandbox.json"
        arguments = ["-m", "sandbox", "--port", str(port), "--state", str(book)]
        return self._child("sandbox", arguments)

    def stripe(self, port: int) -> Child:
        """Return the Stripe to practise on, which is that of the tests."""
        webhook = f"http://{HOST}:{os.environ['PORT']}/payments/notify/stripe/"
        arguments = ["-m", "tests.payments.fakes", "--port", str(port)]
        return self._child("stripe", [*arguments, "--webhook", webhook])

    def _child(
        self,
        name: str,
        arguments: Sequence[str],
        stop_seconds: float = 10.0,
        **environment: str,
    ) -> Child:
        log = None if self.verbose else self.membership.state.log / f"{name}.log"
        if log:
            rotate_log(log)
        start = partial(
            spawn,
            [sys.executable, *arguments],
            log=log,
            environment={**os.environ, "PYTHONPATH": str(BASE_DIR), **environment},
            folder=BASE_DIR,
            # Granian hands it on to its own processes, Celery finishes its calls.
            dies_with_us=signal.SIGTERM,
            pass_fds=[self.membership.lock.fd],
        )
        return Child(name, start, log, stop_seconds=stop_seconds)


def is_free(port: int) -> bool:
    """Say whether a server of ours could listen on `port`."""
    with socket.socket() as probe:
        # As servers do: connections that have just ended are not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(near: int) -> int:
    """Return a free port, the same one every time if possible: `near` or just above."""
    for port in range(near, min(near + 20, 65_536)):
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for_page(port: int, supervisor: Supervisor) -> None:
    """Wait until the shop answers a request; raises CannotStart where it does not."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not _answers(port):
        if time.monotonic() > deadline:
            raise CannotStart("no page answers: see log/web.log in the state folder")
        supervisor.watch()
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
