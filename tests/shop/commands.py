"""Commands, as people type them."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


def run(name: str, *arguments: str) -> list[str]:
    """Return the lines that a command prints."""
    output = StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue().splitlines()


def run_badly(name: str, *arguments: str) -> tuple[list[str], str]:
    """Return the lines that a failing command prints, and its error."""
    output = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(name, *arguments, stdout=output)
    assert caught.value.returncode == 1
    return output.getvalue().splitlines(), str(caught.value)
