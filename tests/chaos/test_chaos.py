"""A short storm over a whole shop, and the books compared afterwards."""

import os
import re
import subprocess
import sys

import pytest

from shop.embedded.state import BASE_DIR
from tests.chaos.processes import FOREIGN
from tests.shop.processes import processes_with

ORDERS = 200


@pytest.mark.chaos
def test_after_a_storm_every_book_says_the_same() -> None:
    theirs = {"STATE_DIR", "DJANGO_SETTINGS_MODULE", *FOREIGN}
    inherited = {
        name: value for name, value in os.environ.items() if name not in theirs
    }

    result = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--orders", str(ORDERS)],
        cwd=BASE_DIR,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )

    report = f"{result.stdout}\n{result.stderr[-3000:]}"
    assert f" {ORDERS} wishes: " in result.stdout, report
    assert result.stdout.splitlines()[-1] == "All zeros are zeros.", report
    assert result.returncode == 0
    folder = re.search(r"is up in (\S+),", result.stdout)
    assert folder
    assert not processes_with(folder[1])
