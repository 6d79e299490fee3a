"""The state folder: where everything lies that one shop keeps on its own machine."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shop.processes import CannotStart

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# The kernel's limit for a socket's path is 107 bytes; ".s.PGSQL.5432.lock" is 18.
SOCKET_PATH_BYTES = 100
LONGEST_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True)
class StateFolder:
    """The paths within a state folder; nothing is made until `create`."""

    path: Path

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def sockets(self) -> Path:
        return self.path / "run"

    @property
    def users_lock(self) -> Path:
        return self.path / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.path / "keeper.lock"

    @property
    def serve_lock(self) -> Path:
        """Held by the one supervisor; it contains the shop's address."""
        return self.path / "serve.lock"

    @property
    def secrets(self) -> Path:
        return self.path / "secret.env"

    def wanted(self, engine: str) -> Path:
        """Return the file that asks the keeper for `engine`."""
        return self.path / f"{engine}.wanted"

    def create(self) -> None:
        """Make the folder, its logs and its sockets' folder where they are missing.

        Others may pass through the folder (the servers may run as another user), but
        not list it. Raises CannotStart where it cannot be made or written to.
        """
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True, exist_ok=True)
                self.path.chmod(0o711)
            self.log.mkdir(mode=0o700, exist_ok=True)
            _make_sockets_folder(self.sockets)
        except OSError as error:
            raise CannotStart(
                f"the state folder {self.path} cannot be used: {error.strerror}. "
                "Set STATE_DIR to a folder that you may write to."
            ) from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise CannotStart(
                f"the state folder {self.path} is not writable. "
                "Set STATE_DIR to a folder that you may write to."
            )


def state_folder(environment: Mapping[str, str]) -> StateFolder:
    """Return the state folder that STATE_DIR names, `var` beside the code by default."""
    return StateFolder(Path(environment.get("STATE_DIR") or BASE_DIR / "var").resolve())


def _make_sockets_folder(path: Path) -> None:
    """Make `path`; where that is too long for a socket, as a link to a short one."""
    if len(os.fsencode(path / LONGEST_SOCKET)) <= SOCKET_PATH_BYTES:
        path.mkdir(mode=0o700, exist_ok=True)
        return
    if not path.is_symlink():
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
        name = f"magpie-{os.geteuid()}-{digest}"
        path.symlink_to(Path(tempfile.gettempdir()) / name)
    target = path.readlink()
    target.mkdir(mode=0o700, exist_ok=True)
    found = target.lstat()
    # Anybody may write to the system's temporary folder, so see whose it is.
    if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) != 0o700:
        raise CannotStart(
            f"{target} is in the way: remove it, or set STATE_DIR shorter"
        )
    if os.geteuid() not in {0, found.st_uid}:
        raise CannotStart(f"{target} belongs to somebody else: set STATE_DIR shorter")
