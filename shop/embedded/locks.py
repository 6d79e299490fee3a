"""File locks that the kernel lets go of when their last holder ends."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """An advisory lock on a file: exclusive, or shared among many.

    The lock belongs to the open file: a child that inherits `fd` holds it too.
    """

    def __init__(self, path: Path, *, fd: int | None = None) -> None:
        """Open `path` without locking it, or adopt the inherited `fd`."""
        self.path = path
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600) if fd is None else fd
        os.set_inheritable(self.fd, False)  # noqa: FBT003

    def try_exclusive(self) -> bool:
        """Take the lock alone; return False where anybody else has it."""
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def share(self) -> Self:
        """Take the lock together with others, waiting for an exclusive holder."""
        fcntl.flock(self.fd, fcntl.LOCK_SH)
        return self

    def unlock(self) -> None:
        """Let go, for everybody who inherited the file as well."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close our copy of the file; a child that inherited it keeps the lock."""
        os.close(self.fd)
