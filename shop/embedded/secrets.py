"""The shop's own secrets, made once and kept in the state folder's `secret.env`."""

import base64
import os
import secrets
from pathlib import Path

from shop.processes import CannotStart


def invent() -> dict[str, str]:
    """Return fresh secrets: Django's key, and one to encrypt fields with (Fernet)."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def read_or_create(path: Path) -> dict[str, str]:
    """Return what the file `path` holds, having made it (mode 0600) if it is missing.

    Of several processes at once one makes it, whole. Raises CannotStart where it lacks a
    secret: a new one in its place could not read what the old one encrypted.
    """
    if not path.exists():
        _create(path)
    lines = path.read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    missing = invent().keys() - found.keys()
    if missing:
        raise CannotStart(
            f"{path} lacks {', '.join(sorted(missing))}: restore the file"
        )
    return found


def _create(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in invent().items())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
