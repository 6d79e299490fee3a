"""What manage.py prepares before Django reads its settings."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shop.embedded import secrets
from shop.embedded.launcher import is_serverless, missing_engines, prepare
from shop.embedded.state import BASE_DIR
from shop.processes import CannotStart


@pytest.mark.parametrize(
    "line",
    [
        "",
        "help",
        "help migrate",
        "--help",
        "--version",
        "migrate --help",
        "serve -h",
        "collectstatic --noinput",
        "makemessages -l ko",
        "compilemessages",
        "sandbox --port 8081",
        "check",
        "check --deploy --fail-level WARNING",
    ],
)
def test_a_command_without_data_needs_no_servers(line: str) -> None:
    assert is_serverless(line.split())


@pytest.mark.parametrize(
    "line",
    [
        "migrate",
        "makemigrations --check",
        "check --database default",
        "check --database=default",
        "audit",
        "serve",
        "demo --port 8010",
        "shell",
    ],
)
def test_every_other_command_needs_servers(line: str) -> None:
    assert not is_serverless(line.split())


def test_a_configured_server_is_not_embedded() -> None:
    assert missing_engines({}) == ["postgres", "valkey"]
    assert missing_engines({"DATABASE_URL": "postgres://x/y"}) == ["valkey"]
    assert missing_engines({"REDIS_URL": "redis://x"}) == ["postgres"]
    assert missing_engines({"DATABASE_URL": "a", "REDIS_URL": "b"}) == []


def test_missing_addresses_and_secrets_are_filled_in(tmp_path: Path) -> None:
    environment = {"STATE_DIR": str(tmp_path / "state")}

    prepare(environment, serverless=False)

    run = tmp_path / "state" / "run"
    assert environment["DATABASE_URL"] == f"postgres://postgres@/shop?host={run}"
    assert environment["REDIS_URL"] == f"unix://{run}/valkey.sock?db=0"
    kept = secrets.read_or_create(tmp_path / "state" / "secret.env")
    assert environment["SECRET_KEY"] == kept["SECRET_KEY"]
    assert environment["FIELD_KEYS"] == kept["FIELD_KEYS"]


def test_what_is_given_stays_and_makes_no_secrets(tmp_path: Path) -> None:
    given = {
        "STATE_DIR": str(tmp_path / "state"),
        "DATABASE_URL": "postgres://a/b",
        "REDIS_URL": "redis://c",
        "SECRET_KEY": "d",
        "FIELD_KEYS": "e",
    }
    environment = dict(given)

    prepare(environment, serverless=False)

    assert environment == given
    assert not (tmp_path / "state").exists()


def test_a_serverless_command_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    environment = {"STATE_DIR": str(tmp_path / "state")}

    prepare(environment, serverless=True)

    assert environment["SECRET_KEY"]
    assert not (tmp_path / "state").exists()


def test_a_serverless_command_uses_the_secrets_that_there_are(tmp_path: Path) -> None:
    state = {"STATE_DIR": str(tmp_path / "state")}
    prepare(first := dict(state), serverless=False)

    prepare(second := dict(state), serverless=True)

    assert first["SECRET_KEY"] == second["SECRET_KEY"]


def test_the_secrets_are_made_once_and_only_for_us(tmp_path: Path) -> None:
    file = tmp_path / "secret.env"

    first = secrets.read_or_create(file)

    assert secrets.read_or_create(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_lost_secret_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "secret.env"
    file.write_text("SECRET_KEY=a\n")

    with pytest.raises(CannotStart, match=r"lacks FIELD_KEYS: restore the file"):
        secrets.read_or_create(file)

    assert file.read_text() == "SECRET_KEY=a\n"


def test_a_state_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {**os.environ, "STATE_DIR": str(tmp_path / "file" / "state")}

    result = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr == (
        f"magpie: the state folder {tmp_path}/file/state cannot be used: "
        "Not a directory. Set STATE_DIR to a folder that you may write to.\n"
    )
