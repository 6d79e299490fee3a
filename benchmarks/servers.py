"""PostgreSQL and Valkey for the measurements: the shop's own, with its own settings.

Unlike the tests' throw-away servers they flush to the disk, as what a commit costs is
part of what is measured.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path

from shop.embedded.joining import Membership
from shop.embedded.launcher import VARIABLES, prepare
from shop.embedded.state import StateFolder

# Never a shop that somebody has configured: the measurements empty the database.
FOREIGN = (*VARIABLES.values(), "SECRET_KEY", "FIELD_KEYS", "DEMO", "SITE_URL")


class Servers:
    """The servers of one run, in a folder of their own."""

    def __init__(self) -> None:
        """Start them, and export their addresses."""
        for name in FOREIGN:
            os.environ.pop(name, None)
        # Short, as sockets' paths must be; and the servers' user passes through it.
        folder = Path(tempfile.mkdtemp(prefix="magpie-bench-"))
        folder.chmod(0o711)
        os.environ["STATE_DIR"] = str(folder)
        self.state = StateFolder(folder)
        self.membership = Membership(self.state, list(VARIABLES))
        self.membership.ask()
        prepare(os.environ, serverless=False)
        self.membership.wait()

    def stop(self) -> None:
        """Stop the servers, and remove their folder."""
        self.membership.leave()
        self.membership.wait_for_end()
        shutil.rmtree(self.state.sockets.resolve(), ignore_errors=True)
        shutil.rmtree(self.state.path, ignore_errors=True)


def crash_postgres() -> None:
    """End this run's PostgreSQL at once, as a crash would; its keeper starts it again."""
    file = Path(os.environ["STATE_DIR"]) / "postgres" / "postmaster.pid"
    os.kill(int(file.read_text().partition("\n")[0]), signal.SIGQUIT)
