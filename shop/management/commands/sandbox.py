"""`manage.py sandbox`: the provider to practise on, by its own command line."""

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run the provider to practise on. Its own --help lists the options."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand the command line on as it is; nothing of Django is needed over there."""
        code = subprocess.call(
            [sys.executable, "-m", "sandbox", *argv[2:]], cwd=settings.BASE_DIR
        )
        sys.exit(code)

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["manage.py", "sandbox", *args])
