"""A provider on a script, for tests in which HTTP does not matter."""

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:
    from tests.orders.acting import Script

CALLERS = ("submitting", "evidence", "tracking", "request_sending", "refill_tracking")


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    """Nobody logs in here: a hash that is hard to guess would be half of the time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> "Script":
    """Every provider answers by this script."""
    # This file is read before Django is set up, and so cannot import models above.
    acting = import_module("tests.orders.acting")
    script: Script = acting.Script()
    for name in CALLERS:
        monkeypatch.setattr(
            f"orders.actions.{name}.client_of",
            lambda provider: acting.ScriptedClient(script),
        )
    monkeypatch.setattr(
        "orders.actions.express._client", lambda found: acting.ScriptedClient(script)
    )
    return script
