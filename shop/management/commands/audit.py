"""`manage.py audit`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.auditing import broken


class Command(BaseCommand):
    help = (
        "Check every promise that the rows can prove: balances equal their transfers, "
        "each order is charged once, refunds are booked, open orders are looked after. "
        "Prints a line for each broken promise and ends with 1 if there is any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(broken())
        for finding in findings:
            self.stdout.write(finding)
        if findings:
            raise CommandError(f"{len(findings)} broken promise(s).")
        self.stdout.write("All promises hold.")
