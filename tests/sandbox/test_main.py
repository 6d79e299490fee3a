"""The command line, read; and once run, as a person would run it."""

import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.__main__ import main, open_vendor, parser
from tests.sandbox.practice import LINK, form, send

ROOT = Path(__file__).parents[2]


def test_options_become_the_terms_of_the_vendor() -> None:
    line = "--key k --currency KRW --balance 12.5 --speed 3 --partial 0.1 --cancel 0"
    vendor = open_vendor(parser().parse_args([*line.split(), "--request-ids"]))

    assert vendor.terms.key == "k"
    assert vendor.terms.speed == 3
    assert (vendor.terms.partial, vendor.terms.cancel) == (0.1, 0)
    assert (vendor.terms.request_ids, vendor.terms.list_orders) == (True, False)
    assert vendor.ledger.balance == Decimal("12.5")
    assert len(vendor.catalogue) == 63


@pytest.mark.parametrize(
    "line",
    [
        "--port 70000",
        "--port x",
        "--balance nan",
        "--balance -1",
        "--speed -1",
        "--speed nan",
        "--partial 1.1",
        "--faults nonsense",
        "--faults timeout_after=2",
        "--nonsense",
    ],
)
def test_a_wrong_option_is_named(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(line.split())

    assert stopped.value.code == 2
    assert line.split()[0] in capsys.readouterr().err


def test_help_tells_how_to_ask_for_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    help_text = capsys.readouterr().out
    assert "#partial=157" in help_text
    assert "\n  timeout_after " in help_text
    assert "\n  latency=MS " in help_text


@pytest.mark.parametrize("option", ["--catalogue", "--state"])
def test_a_file_that_cannot_be_used_is_one_clear_line(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text("nonsense")

    assert main(["--port", "0", option, str(tmp_path / "bad.json")]) == 1

    said = capsys.readouterr().err
    assert said.startswith("sandbox: ")
    assert "bad.json" in said
    assert said.count("\n") == 1


def test_a_state_that_cannot_be_written_is_found_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", "--state", str(tmp_path / "no" / "s.json")]) == 1
    assert capsys.readouterr().err.startswith("sandbox: ")


def test_a_port_that_is_taken_is_one_clear_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", url.rpartition(":")[2]]) == 1
    assert capsys.readouterr().err.startswith("sandbox: ")


def test_run_by_hand_it_serves_and_keeps_its_orders_when_terminated(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state.json"
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert found is not None
        body = form(action="add", service=1101, link=LINK, quantity=60)
        answer = send(found.group(), body=body)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0

    assert answer.json() == {"order": 23501}
    vendor = open_vendor(parser().parse_args(["--state", str(state)]))
    assert list(vendor.orders) == [23501]
