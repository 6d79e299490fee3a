"""The embedded servers, for real: they start, are shared, recover and end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shop.embedded import postgres, valkey
from shop.embedded.binaries import postgres_program
from shop.embedded.identity import choose_identity
from shop.embedded.joining import Membership
from shop.embedded.state import BASE_DIR, StateFolder
from shop.processes import CannotStart
from tests.shop.processes import processes_with, wait_until

BOTH = ("postgres", "valkey")
JOIN_AND_COUNT = """
import sys
from pathlib import Path
from shop.embedded.joining import Membership
from shop.embedded.state import StateFolder
membership = Membership(
    StateFolder(Path(sys.argv[1])), ("postgres", "valkey"), throw_away=True
)
membership.ask()
membership.wait()
print("joined", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that everybody may pass through, gone in the end."""
    path = Path(tempfile.mkdtemp(prefix="magpie-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def running() -> Iterator[Membership]:
    """Both servers, shared by the tests that hurt them."""
    state = StateFolder(Path(tempfile.mkdtemp(prefix="magpie-")) / "state")
    membership = Membership(state, BOTH, throw_away=True)
    membership.ask()
    membership.wait()
    yield membership
    membership.leave()
    wait_until(lambda: not processes_with(str(state.path)))
    state.path.parent.rmdir()


def kill(state: StateFolder, *words: str) -> None:
    """Kill -9 each process of `state` with one of `words` on its command line."""
    for pid, line in processes_with(str(state.path)).items():
        if any(word in line for word in words):
            os.kill(pid, signal.SIGKILL)


def restart(state: StateFolder, server: str) -> None:
    """Kill the running `server`, and wait until another one answers in its place."""
    before = processes_with(str(state.path)).keys()
    kill(state, server)
    wait_until(lambda: processes_with(str(state.path)).keys() - before)
    wait_until(lambda: answers(state))


def answers(state: StateFolder) -> bool:
    return postgres.is_ready(state) and valkey.is_ready(state)


def is_there(state: StateFolder, word: str) -> bool:
    return any(word in line for line in processes_with(str(state.path)).values())


def test_many_at_once_share_one_keeper_and_the_last_one_ends_it(folder: Path) -> None:
    state = StateFolder(folder / "state")
    users = [
        subprocess.Popen(
            [sys.executable, "-c", JOIN_AND_COUNT, str(state.path)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for user in users:
        assert user.stdout
        assert user.stdout.readline() == "joined\n"
    keepers = processes_with(f"shop.embedded --state-dir {state.path}")
    assert len(keepers) == 1

    for user in users:
        assert answers(state)
        user.communicate("")

    wait_until(lambda: not processes_with(str(state.path)))
    assert not state.path.exists()


def test_nothing_listens_on_the_network(running: Membership) -> None:
    with psycopg.connect(postgres.url(running.state)) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()

    assert row == ("",)
    assert (running.state.sockets.resolve().stat().st_mode & 0o777) == 0o700


def test_korean_names_have_trigrams(running: Membership) -> None:
    with psycopg.connect(postgres.url(running.state)) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute("SELECT show_trgm('인스타그램')").fetchone()

    assert row
    assert len(row[0]) > 1


@pytest.mark.parametrize("server", ["bin/postgres", "valkey-server"])
def test_a_killed_server_is_started_again(running: Membership, server: str) -> None:
    restart(running.state, server)

    assert is_there(running.state, server)


def test_what_was_committed_survives_a_killed_database(running: Membership) -> None:
    with psycopg.connect(postgres.url(running.state)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")

    restart(running.state, "bin/postgres")

    with psycopg.connect(postgres.url(running.state)) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)


@pytest.mark.parametrize(
    "words",
    [("shop.embedded",), ("shop.embedded", "bin/postgres", "valkey-server")],
    ids=["alone", "with both servers"],
)
def test_a_killed_keeper_is_replaced(
    running: Membership, words: tuple[str, ...]
) -> None:
    kill(running.state, *words)
    wait_until(lambda: not is_there(running.state, "valkey-server"))

    running.wait()
    running.look_after()
    running.wait()

    wait_until(lambda: is_there(running.state, "shop.embedded"))
    wait_until(lambda: answers(running.state))


def test_a_stale_process_number_is_not_mistaken_for_a_server(folder: Path) -> None:
    state = StateFolder(folder / "state")
    first = Membership(state, ("postgres",), throw_away=True)
    first.ask()
    first.wait()
    kill(state, "shop.embedded", "bin/postgres")
    wait_until(lambda: not processes_with(str(state.path)))
    first.leave()
    # As after a restart of the machine: the number now belongs to somebody else.
    pid_file = state.postgres / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    second = Membership(state, ("postgres",), throw_away=True)
    second.ask()
    second.wait()

    assert postgres.is_ready(state)
    second.leave()


def test_data_of_another_major_version_is_left_alone(folder: Path) -> None:
    state = StateFolder(folder / "state")
    state.postgres.mkdir(parents=True)
    (state.postgres / "PG_VERSION").write_text("15\n")
    membership = Membership(state, ("postgres",))

    membership.ask()
    with pytest.raises(CannotStart, match="was written by PostgreSQL 15, and this is"):
        membership.wait()

    membership.leave()
    assert (state.postgres / "PG_VERSION").read_text() == "15\n"
    wait_until(lambda: not processes_with(str(state.path)))


def test_a_long_path_gets_its_sockets_in_a_short_one(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / ("long" * 20) / "state")

    state.create()

    assert state.sockets.is_symlink()
    target = state.sockets.resolve()
    assert len(str(target)) < 80
    assert (target.stat().st_mode & 0o777) == 0o700
    target.rmdir()


def test_a_sockets_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / ("long" * 20) / "state")
    state.create()
    target = state.sockets.resolve()
    target.chmod(0o777)

    with pytest.raises(CannotStart, match="is in the way"):
        state.create()

    target.rmdir()


@pytest.mark.parametrize("mode", [0o711, 0o700])
def test_the_servers_never_run_as_root(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    identity = choose_identity(
        program=postgres_program("postgres"), folder=folder, data=folder / "data"
    )

    assert identity.run(["id", "-u"]).stdout.strip() != "0"
    assert identity.run([postgres_program("postgres"), "--version"]).returncode == 0


def test_a_program_that_is_not_where_it_should_be_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))

    with pytest.raises(CannotStart, match="POSTGRES_BIN is wrong: there is no program"):
        postgres_program("initdb")
