"""`manage.py serve`: the whole shop on one machine."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from shop import serving
from shop.embedded.launcher import Launcher
from shop.embedded.locks import FileLock
from shop.processes import CannotStart
from shop.supervisor import Supervisor


class Command(BaseCommand):
    help = (
        "Run the shop on this machine: web server, workers and scheduler, with the "
        "embedded PostgreSQL and Valkey unless DATABASE_URL and REDIS_URL name others. "
        "Brings the database up to date first. Ctrl-C stops all of it."
    )
    # The command's name on the make and manage.py command lines.
    name = "serve"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=settings.PORT,
            help="where the web server listens on 127.0.0.1 (PORT, or 8000)",
        )
        parser.add_argument(
            "--verbose",
            action="store_true",
            help="write the processes' logs here instead of to files",
        )

    def handle(self, *, port: int, verbose: bool, **_: Any) -> None:
        """Start everything, say where it is, and watch over it until a signal comes."""
        self.begun_at = time.monotonic()
        self.port = port
        os.environ["PORT"] = str(port)
        if Launcher.membership is None:
            raise CommandError("start this with manage.py, which starts the servers")
        self.membership = Launcher.membership
        self.processes = serving.Processes(self.membership, verbose)
        try:
            with self._claim(), Supervisor(self._report, serving.STOP_ORDER) as running:
                self.supervisor = running
                self.start()
                # From here on this process needs no connection of its own.
                connection.close()
                connection.close_pool()  # type: ignore[attr-defined]
                running.run(self.membership.look_after)
        except CannotStart as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(f"the database does not answer: {reason}") from error

    def start(self) -> None:
        """Start the parts in order, and say what a person needs to know in the end."""
        self.prepare_database()
        self.start_processes()
        self.wait_for_page()
        self.stdout.write(f"\n  {settings.SHOP_NAME}: {self.address}\n")

    @property
    def address(self) -> str:
        return f"http://{serving.HOST}:{self.port}/"

    def say(self, what: str) -> None:
        """Report a step that is done, with the seconds since the start."""
        self._report(f"{time.monotonic() - self.begun_at:5.1f} s  {what}")

    def prepare_database(self) -> None:
        """Wait for the embedded servers; migrate if there is anything to migrate."""
        self.membership.wait()
        if self.membership.engines:
            self.say("database and queue are up")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
            self.say("the database is up to date")

    def start_processes(self) -> None:
        """Start the web server, the worker and the scheduler."""
        self.supervisor.start(self.processes.web(self.port))
        self.supervisor.start(self.processes.worker())
        self.supervisor.start(self.processes.beat())

    def wait_for_page(self) -> None:
        """Wait until the web server answers."""
        serving.wait_for_page(self.port, self.supervisor)
        self.say("web server, workers and scheduler are up")

    @contextmanager
    def _claim(self) -> Iterator[None]:
        """Hold the state folder's one place for a supervisor; see the servers stop.

        Raises CannotStart where another holds it, or the port is taken.
        """
        lock = FileLock(self.membership.state.serve_lock)
        if not lock.try_exclusive():
            raise CannotStart(
                f"this shop already runs at {lock.path.read_text().strip()}; "
                "a second one needs another STATE_DIR and PORT"
            )
        if not serving.is_free(self.port):
            raise CannotStart(
                f"port {self.port} is taken: choose another, as in PORT={self.port + 10} "
                f"make {self.name} or manage.py {self.name} --port {self.port + 10}"
            )
        lock.path.write_text(f"{self.address}\n")
        try:
            yield
        finally:
            self.membership.leave()
            self.membership.wait_for_end()
            lock.close()

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
