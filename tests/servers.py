"""A throw-away PostgreSQL and Valkey for the tests, through the shop's own launcher."""

import os
import tempfile
from pathlib import Path

from shop.embedded.joining import Membership
from shop.embedded.launcher import missing_engines, prepare
from shop.embedded.state import StateFolder


class Servers:
    """The servers of one test run; those that the environment names are left alone."""

    def __init__(self) -> None:
        """Start what is missing, in a folder of its own, and export the addresses."""
        # Short, as sockets' paths must be; and the servers' user passes through it.
        folder = Path(tempfile.mkdtemp(prefix="magpie-test-"))
        folder.chmod(0o711)
        os.environ["STATE_DIR"] = str(folder)
        engines = missing_engines(os.environ)
        self.membership = Membership(StateFolder(folder), engines, throw_away=True)
        self.membership.ask()
        prepare(os.environ, serverless=False)
        self.membership.wait()

    def stop(self) -> None:
        """Stop the servers; the keeper removes the folder."""
        self.membership.leave()
