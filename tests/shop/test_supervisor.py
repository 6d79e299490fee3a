"""The supervisor and the processes it keeps, with small real ones in their place."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from shop import serving
from shop.embedded.joining import Membership
from shop.embedded.launcher import Launcher
from shop.embedded.locks import FileLock
from shop.embedded.state import BASE_DIR, StateFolder
from shop.processes import CannotStart, Child, bound_log, last_line, rotate_log, spawn
from shop.supervisor import Supervisor
from tests.shop.processes import processes_with, wait_until

SUPERVISE = """
import sys
from functools import partial
from pathlib import Path
from shop.processes import Child, spawn
from shop.supervisor import Supervisor
folder = Path(sys.argv[1])
sleep = partial(spawn, ["sh", "-c", "sleep 600 & wait", str(folder)], log=folder / "log")
with Supervisor(print, ["sleeper"]) as running:
    running.start(Child("sleeper", sleep))
    print("running", flush=True)
    running.run(lambda: None)
print("stopped", flush=True)
"""


def shell(name: str, script: str, folder: Path) -> Child:
    """Return a child that runs a shell script, with the folder as its $0."""
    log = folder / f"{name}.log"
    return Child(name, partial(spawn, ["sh", "-c", script, folder], log=log), log)


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def watch_until(supervisor: Supervisor, condition: Callable[[], object]) -> None:
    """Have the supervisor look after its children until `condition` holds."""

    def watched() -> object:
        supervisor.watch()
        return condition()

    wait_until(watched)


@pytest.fixture
def supervising(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises a child, which has started one of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(tmp_path)],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "running\n"
        yield process
        process.kill()


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    events: list[str] = []
    child = shell("web", 'echo life >> "$0/lives"; exit 3', tmp_path)
    supervisor = Supervisor(events.append, ["web"])

    supervisor.start(child)
    watch_until(supervisor, lambda: len(lines(tmp_path / "lives")) == 2)
    child.stop()

    assert events[0] == "web ended with 3; starting it again in 0.2 s"


def test_a_child_waits_longer_after_every_death(tmp_path: Path) -> None:
    events: list[str] = []
    child = shell("web", "exit 3", tmp_path)
    supervisor = Supervisor(events.append, ["web"])
    child.deaths = 3

    supervisor.start(child)
    watch_until(supervisor, lambda: events)

    assert events == ["web ended with 3; starting it again in 1.6 s"]


def test_a_child_that_keeps_dying_is_given_up_with_its_last_words(
    tmp_path: Path,
) -> None:
    child = shell("web", "echo starting; echo no room left; exit 3", tmp_path)
    supervisor = Supervisor(print, ["web"])
    child.deaths = 5

    supervisor.start(child)
    with pytest.raises(CannotStart, match=r"^web keeps ending: no room left$"):
        watch_until(supervisor, lambda: False)


def test_children_are_stopped_in_order(tmp_path: Path) -> None:
    script = (
        "trap 'echo {name} >> \"$0/ends\"; exit' TERM; "
        'echo {name} >> "$0/starts"; while :; do sleep 0.02; done'
    )
    with Supervisor(print, ["beat", "web", "worker"]) as supervisor:
        for name in ("web", "worker", "beat"):
            supervisor.start(shell(name, script.format(name=name), tmp_path))
        wait_until(lambda: len(lines(tmp_path / "starts")) == 3)

    assert lines(tmp_path / "ends") == ["beat", "web", "worker"]


def test_a_child_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    child = shell("web", 'trap "" TERM; touch "$0/up"; sleep 600', tmp_path)
    child.stop_seconds = 0.1
    child.keep()
    wait_until((tmp_path / "up").exists)

    child.stop()

    assert not processes_with(str(tmp_path))


def test_what_a_dead_child_left_behind_is_killed(tmp_path: Path) -> None:
    child = shell("web", "sh -c 'sleep 600; true' \"$0\" & exit 3", tmp_path)

    child.keep()
    wait_until(child.keep)

    wait_until(lambda: not processes_with(str(tmp_path)))


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_peace(
    supervising: subprocess.Popen[str], tmp_path: Path, name: signal.Signals
) -> None:
    supervising.send_signal(name)

    assert supervising.stdout
    assert supervising.stdout.read() == "\nstopping ...\nstopped\n"
    assert supervising.wait() == 0
    assert not processes_with(str(tmp_path))


def test_no_child_outlives_a_killed_supervisor(
    supervising: subprocess.Popen[str], tmp_path: Path
) -> None:
    # A third one may be on its way from its fork to its program.
    wait_until(lambda: len(processes_with(str(tmp_path))) == 2)

    supervising.kill()

    wait_until(lambda: not processes_with(str(tmp_path)))


def test_a_stop_request_is_no_error_outside(tmp_path: Path) -> None:
    with Supervisor(print, []):
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("the signal did nothing")


def test_a_log_is_bounded_and_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("first\nlast words\n\n")
    assert last_line(log) == "last words"

    bound_log(log, limit=5)
    assert log.read_text() == ""
    log.write_text("next\n")
    rotate_log(log)

    assert not log.exists()
    assert (tmp_path / "web.log.1").read_text() == "next\n"


def test_a_program_that_is_missing_is_one_clear_line() -> None:
    with pytest.raises(CannotStart, match=r"^no-such-program cannot be run: No such"):
        spawn(["no-such-program"], log=None)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StateFolder:
    """What `serve` finds where both servers are configured: nothing to embed."""
    state = StateFolder(tmp_path / "state")
    monkeypatch.setattr(Launcher, "membership", Membership(state, ()))
    monkeypatch.setenv("PORT", "8000")
    return state


def test_a_second_supervisor_says_where_the_first_one_is(
    configured: StateFolder,
) -> None:
    first = FileLock(configured.serve_lock)
    assert first.try_exclusive()
    configured.serve_lock.write_text("http://127.0.0.1:8123/\n")

    with pytest.raises(CommandError, match=r"already runs at http://127.0.0.1:8123/;"):
        call_command("serve")

    first.close()


@pytest.mark.usefixtures("configured")
def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server((serving.HOST, 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=f"port {port} is taken: .* PORT="):
            call_command("serve", port=port)


def test_a_free_port_is_found_beside_a_taken_one() -> None:
    with socket.create_server((serving.HOST, 0)) as taken:
        port = taken.getsockname()[1]

        assert not serving.is_free(port)
        assert serving.free_port(near=port) != port


def test_serve_answers_and_leaves_no_process_behind(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    chosen = {"STATE_DIR": str(tmp_path), "PORT": str(serving.free_port(near=8400))}
    ours = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS"}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=BASE_DIR,
        env={**inherited, **chosen},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    address = f"http://127.0.0.1:{chosen['PORT']}/"
    output = iter(process.stdout.readline, "")
    assert any(address in line for line in output)
    assert state.serve_lock.read_text() == f"{address}\n"

    process.terminate()

    process.communicate()
    assert process.returncode == 0
    assert not processes_with(str(tmp_path))
    assert serving.is_free(int(chosen["PORT"]))
