"""What `manage.py` does before Django reads its settings, and before a command runs."""

import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import ClassVar

from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand

from shop.embedded import postgres, secrets, valkey
from shop.embedded.joining import Membership
from shop.embedded.state import StateFolder, state_folder
from shop.processes import CannotStart

# Commands that touch neither the database nor the queue. They leave nothing on the disk
# either: a secret must not end up in an image because static files were collected.
SERVERLESS = frozenset(
    [
        "help",
        "version",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "makemessages",
        "sandbox",
        "startapp",
        "startproject",
    ]
)
# These have the servers started early, and wait for them beside other things.
SELF_STARTING = frozenset({"demo", "serve"})
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}


def is_serverless(arguments: Sequence[str]) -> bool:
    """Say whether a command line (without the program's name) needs no servers."""
    words = [word for word in arguments if not word.startswith("-")]
    flags = set(arguments) - set(words)
    if not words or words[0] in SERVERLESS or flags & {"-h", "--help", "--version"}:
        return True
    return words[0] == "check" and not any(
        flag.startswith("--database") for flag in flags
    )


def missing_engines(environment: Mapping[str, str]) -> list[str]:
    """Return the servers whose address `environment` does not give."""
    return [name for name, key in VARIABLES.items() if not environment.get(key)]


def prepare(environment: MutableMapping[str, str], *, serverless: bool) -> StateFolder:
    """Fill in the secrets and addresses that `environment` lacks; start nothing.

    Returns the state folder. A serverless command gets secrets of the moment where there
    are none yet. Raises CannotStart where the state folder cannot be used.
    """
    state = state_folder(environment)
    environment["STATE_DIR"] = str(state.path)
    found = {
        "DATABASE_URL": postgres.url(state),
        "REDIS_URL": valkey.url(state),
        **_secrets(state, environment, serverless=serverless),
    }
    for name, value in found.items():
        if not environment.get(name):
            environment[name] = value
    return state


def _secrets(
    state: StateFolder, environment: Mapping[str, str], *, serverless: bool
) -> dict[str, str]:
    given = environment.get("SECRET_KEY") and environment.get("FIELD_KEYS")
    if given or (serverless and not state.secrets.exists()):
        return secrets.invent()
    state.create()
    return secrets.read_or_create(state.secrets)


class Launcher(ManagementUtility):
    """Django's command line, which has the servers running before a command does."""

    # This process's share in the servers, held until it ends.
    membership: ClassVar[Membership | None] = None

    def execute(self) -> None:
        """Prepare the environment, then run the command.

        Ends the process with one line on stderr where something cannot be started.
        """
        command = self.argv[1] if len(self.argv) > 1 else "help"
        serverless = is_serverless(self.argv[1:])
        engines = missing_engines(os.environ)
        if command == "demo":
            # Before the settings are read, which refuse it to a public shop.
            os.environ["DEMO"] = "true"
        try:
            state = prepare(os.environ, serverless=serverless)
            if not serverless:
                Launcher.membership = Membership(state, engines)
            if command in SELF_STARTING and Launcher.membership:
                # They come up while Django loads.
                Launcher.membership.ask()
            super().execute()
        except CannotStart as error:
            sys.exit(f"magpie: {error}")
        except KeyboardInterrupt:
            sys.exit(130)

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Return the command, known to exist, with its servers running."""
        command = super().fetch_command(subcommand)
        if Launcher.membership and subcommand not in SELF_STARTING:
            Launcher.membership.ask()
            Launcher.membership.wait()
        return command
