"""Which user the servers run as: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shop.processes import CannotStart

UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
NOBODY = 65534


@dataclass(frozen=True)
class Identity:
    """How to run a program: as another user, behind a wrapper, or plainly."""

    user: int | None = None
    group: int | None = None
    wrapper: tuple[str, ...] = ()

    def hand_over(self, *folders: Path) -> None:
        """Give `folders`, with what they hold, to whom the servers run as.

        Only root has anything to hand over; a folder that fits is left alone.
        """
        if os.geteuid() != 0:
            return
        owner, group = self.user or 0, self.group or 0
        for folder in folders:
            if folder.stat().st_uid == owner:
                continue
            for path, _folders, files in os.walk(folder):
                os.chown(path, owner, group)
                for name in files:
                    os.chown(Path(path) / name, owner, group, follow_symlinks=False)

    def works(self, *, program: Path, folder: Path) -> bool:
        """Try whether this identity can run `program` and pass through `folder`."""
        try:
            result = self.run(["/bin/sh", "-c", '"$0" -V && cd "$1"', program, folder])
        except (OSError, subprocess.SubprocessError):
            return False
        return result.returncode == 0

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run `command` to its end with its output, both kinds, captured as text."""
        return subprocess.run(
            [*self.wrapper, *command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )


def choose_identity(*, program: Path, folder: Path, data: Path) -> Identity:
    """Return as whom to run `program`, which works on `data` within `folder`.

    Everybody but root runs it plainly. Root runs it as the owner of the data, or as
    `nobody` while there is none, if that user reaches both paths; else as itself within
    a user namespace, where it is not called root. Raises CannotStart where neither works.
    """
    if os.geteuid() != 0:
        return Identity()
    owner = data.stat().st_uid if data.exists() else 0
    candidates = [_as_user(owner)] if owner else [_as_user(_nobody())]
    if shutil.which(UNSHARE[0]):
        candidates.append(Identity(wrapper=UNSHARE))
    for identity in candidates:
        if identity.works(program=program, folder=folder):
            return identity
    raise CannotStart(
        "PostgreSQL does not run as root, and `nobody` cannot reach it. Run this as "
        "another user, put the shop and STATE_DIR where everybody may read "
        "(such as /srv), or set DATABASE_URL."
    )


def _as_user(user: int) -> Identity:
    try:
        return Identity(user=user, group=pwd.getpwuid(user).pw_gid)
    except KeyError:
        return Identity(user=user, group=user)


def _nobody() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return NOBODY
