"""`manage.py add_customer`."""

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions as accounts
from accounts.models import User
from ledger import actions as ledger
from shop.money import PLACES, has_places


def amount(text: str) -> Decimal:
    """Read an amount of zero or more with at most eight decimals; ValueError else."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not has_places(value, PLACES) or not 0 <= value < Decimal(10) ** 11:
        raise ValueError(text)
    return value


class Command(BaseCommand):
    help = (
        "Add a customer, with a balance if you like. The last line is the API key, "
        "which is shown this once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address the customer logs in with")
        parser.add_argument(
            "--password", help="without one, the customer has to reset it first"
        )
        parser.add_argument(
            "--credit",
            type=amount,
            default=Decimal(0),
            help="the balance to begin with, such as 100",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        try:
            User._meta.get_field("email").clean(email, None)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        if User.objects.filter(email=email).exists():
            raise CommandError(f"There is a user {email} already.")
        user = accounts.add_user(email=email, password=options["password"])
        if options["credit"]:
            ledger.credit(
                customer=user,
                amount=options["credit"],
                subject=secrets.randbits(62),
                by=None,
                note="manage.py add_customer",
            )
        self.stdout.write(f"{email} is added, with {options['credit']:f}.")
        self.stdout.write(f"api key: {accounts.rotate_api_key(user=user)}")
