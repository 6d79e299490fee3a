"""`manage.py add_language ja`: begin the shop's texts in another language."""

from pathlib import Path
from typing import Any

from django.conf import global_settings, settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

# What holds no texts of the shop.
LEFT_OUT = (".venv", "node_modules", "tests", "sandbox", "var", "benchmarks")


class Command(BaseCommand):
    help = (
        "Collect the shop's texts for a language that it does not speak yet, or collect "
        "them anew for one that it does (needs gettext)."
    )
    # Reads the source; the database has no part in it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="such as ja, or pt-br")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["code"].lower()
        if code not in dict(global_settings.LANGUAGES):
            raise CommandError(f"Django knows no language {code}.")
        language, _dash, region = code.partition("-")
        locale = f"{language}_{region.upper()}" if region else language
        call_command(
            "makemessages",
            locale=[locale],
            add_location="file",
            ignore_patterns=list(LEFT_OUT),
            verbosity=0,
        )
        path = Path(settings.LOCALE_PATHS[0], locale, "LC_MESSAGES/django.po")
        self.stdout.write(f"1. Translate {path}")
        self.stdout.write("2. manage.py compilemessages -i .venv")
        offered = [known for known, _name in settings.LANGUAGES]
        if code not in offered:
            self.stdout.write(f"3. LANGUAGES={','.join([*offered, code])}")
