"""The embedded PostgreSQL: one cluster with the database `shop`, on a Unix socket."""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from shop.embedded.binaries import postgres_program
from shop.embedded.identity import Identity
from shop.embedded.state import StateFolder
from shop.processes import CannotStart, Process, last_line, spawn

DATABASE = "shop"
USER = "postgres"
# Crash recovery after a long day may take its time, in seconds.
START_SECONDS = 120.0
# The collation that lets trigrams of Korean names be found.
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # Processes times their pools (DB_POOL), and room for a few commands.
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    # One machine, no replicas: less to write.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def url(state: StateFolder) -> str:
    """Return the address for DATABASE_URL."""
    return f"postgres://{USER}@/{DATABASE}?host={quote(str(state.sockets.resolve()))}"


def is_ready(state: StateFolder, database: str = DATABASE) -> bool:
    """Say whether PostgreSQL takes connections to `database`."""
    if "ready" not in _read(state.postgres / "postmaster.pid"):
        return False  # Asking would only fill its log.
    try:
        _connect(state, database).close()
    except psycopg.OperationalError:
        return False
    return True


def start(state: StateFolder, identity: Identity, *, throw_away: bool) -> Process:
    """Start PostgreSQL, and wait until the database `shop` takes connections.

    In order: makes the cluster in a fresh state folder, waits for a predecessor whose
    keeper was killed, starts, creates the database. Returns an ended process where
    PostgreSQL ended by itself. With `throw_away` nothing is ever flushed to the disk.
    Raises CannotStart where waiting longer would not help.
    """
    _make_cluster(state, identity)
    _see_off_predecessor(state.postgres)
    settings = SETTINGS | (THROW_AWAY_SETTINGS if throw_away else {})
    settings["unix_socket_directories"] = f'"{state.sockets.resolve()}"'
    options = [part for item in settings.items() for part in ("-c", "=".join(item))]
    process = spawn(
        [
            *identity.wrapper,
            postgres_program("postgres"),
            "-D",
            state.postgres,
            *options,
        ],
        log=state.log / "postgres.log",
        # To PostgreSQL this means: end all connections, then shut down cleanly.
        dies_with_us=signal.SIGINT,
        user=identity.user,
        group=identity.group,
    )
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and not is_ready(state, "postgres"):
        if time.monotonic() > deadline:
            reason = last_line(state.log / "postgres.log")
            raise CannotStart(f"PostgreSQL does not become ready: {reason}")
        time.sleep(0.02)
    if process.poll() is None:
        _create_database(state)
    return process


def _make_cluster(state: StateFolder, identity: Identity) -> None:
    """Make the cluster under another name first: half a cluster is never found."""
    program = postgres_program("initdb")
    if state.postgres.exists():
        _check_version(state.postgres, program)
        identity.hand_over(state.postgres)
        return
    unfinished = state.postgres.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    identity.hand_over(unfinished)
    result = identity.run(
        [
            program,
            *("--pgdata", unfinished, "--username", USER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale-provider", "libc", "--locale", LOCALE),
            "--no-instructions",
        ]
    )
    if result.returncode:
        reason = result.stdout.strip().rpartition("\n")[2]
        raise CannotStart(f"PostgreSQL's data folder cannot be made: {reason}")
    unfinished.rename(state.postgres)


def _check_version(data: Path, program: Path) -> None:
    """Compare the data's major version with the programs'; raise CannotStart."""
    version_file = data / "PG_VERSION"
    if not version_file.exists():
        raise CannotStart(f"{data} is not a PostgreSQL data folder: move it away")
    held = version_file.read_text().strip()
    version = Identity().run([program, "--version"]).stdout.split()[-1]
    if held != version.partition(".")[0]:
        raise CannotStart(
            f"{data} was written by PostgreSQL {held}, and this is {version}: "
            f"use POSTGRES_BIN for a PostgreSQL {held}, or move the folder away"
        )


def _see_off_predecessor(data: Path) -> None:
    """Wait for a PostgreSQL that still shuts down; remove what a killed one left.

    The keeper's lock proves that no other keeper is at work here. A process number in
    the left-over file may by now belong to anybody, so it is believed only if that
    process works on `data`.
    """
    pid_file = data / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while (pid := _pid_in(pid_file)) and _works_on(pid, data):
        if time.monotonic() > deadline:
            raise CannotStart(f"an earlier PostgreSQL (process {pid}) does not end")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def _pid_in(pid_file: Path) -> int:
    first = _read(pid_file).partition("\n")[0]
    return int(first) if first.isdecimal() else 0


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def _works_on(pid: int, data: Path) -> bool:
    if sys.platform != "linux":
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _create_database(state: StateFolder) -> None:
    with _connect(state, "postgres") as connection:
        connection.autocommit = True
        found = connection.execute(
            "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _connect(state: StateFolder, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(state.sockets.resolve()),
        dbname=database,
        user=USER,
        connect_timeout=5,
    )
