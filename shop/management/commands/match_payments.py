"""`manage.py match_payments`: a gateway's report, or a bank's statement, beside ours."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from payments import actions
from payments.enums import DecisionKind, Match
from payments.matching import Found, SheetError, match, read_sheet


class Command(BaseCommand):
    help = (
        "Compare a bank's statement, or for other gateways a CSV (amount; currency, "
        "reference, remote_id, text), with the payments through a gateway, line by line. "
        "Ends with 1 where something differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="such as bank")
        parser.add_argument(
            "file", type=Path, help="the CSV, in UTF-8; a statement may be in CP949"
        )
        parser.add_argument(
            "--credit-as",
            metavar="EMAIL",
            help="credit what was paid and is not credited, as this member of staff; "
            "large sums wait for a second one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = self._staff(options["credit_as"])
        gateway: str = options["gateway"]
        try:
            lines = read_sheet(gateway=gateway, data=options["file"].read_bytes())
        except (OSError, SheetError) as error:
            raise CommandError(str(error)) from error
        odd = 0
        for found in match(gateway=gateway, lines=lines):
            settled = found.match == Match.CREDITED
            if by is not None and found.match == Match.WAITING:
                settled = self._credit(found, by)
            elif not settled:
                self.stdout.write(str(found))
            odd += not settled
        if odd:
            raise CommandError(f"{odd} of {len(lines)} differ.")
        self.stdout.write(f"All {len(lines)} agree.")

    def _staff(self, email: str | None) -> User | None:
        if email is None:
            return None
        by = User.objects.filter(email=email.lower(), is_staff=True).first()
        if by is None:
            raise CommandError(f"{email} is no member of the staff.")
        return by

    def _credit(self, found: Found, by: User) -> bool:
        """Credit a payment that has arrived; return whether that is done."""
        if found.top_up is None:
            return False
        try:
            decision = actions.decide(
                top_up=found.top_up,
                kind=DecisionKind.CONFIRM,
                amount=found.line.amount,
                note=f"row {found.line.number} of the statement",
                by=by,
            )
        except actions.PaymentError as error:
            self.stdout.write(f"{found}: {error.message}")
            return False
        done = decision.closed_at is not None
        self.stdout.write(f"{found}: {'credited now' if done else 'waits for another'}")
        return done
