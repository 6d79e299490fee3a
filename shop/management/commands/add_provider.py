"""`manage.py add_provider`."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provider import actions
from provider.models import Provider


def percentage(text: str) -> Decimal:
    """Read a percentage of zero or more; ValueError else."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite() or value < 0:
        raise ValueError(text)
    return value


def _in_one_line(error: ValidationError) -> str:
    """Return what does not fit, field by field."""
    return " ".join(
        f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )


class Command(BaseCommand):
    help = (
        "Add somebody to buy from. The currency is asked of the provider unless it is "
        "given. The catalogue is read by the workers, or by sync_catalogue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what staff call it, such as Northwind")
        parser.add_argument("url", help="the address of its API")
        parser.add_argument("--key", required=True, help="our API key there")
        parser.add_argument("--currency", help="what it charges in, such as USD")
        parser.add_argument(
            "--markup", type=percentage, help="percent on top of its prices"
        )
        parser.add_argument(
            "--publish",
            action="store_true",
            help="put its services on sale as they are read",
        )
        parser.add_argument(
            "--calls-per-minute",
            type=int,
            default=120,
            help="how often it may be called (120)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            provider = self._add(options)
        except actions.ProviderError as error:
            raise CommandError(str(error.message)) from error
        except ValidationError as error:
            raise CommandError(_in_one_line(error)) from error
        self.stdout.write(f"{provider} is added, in {provider.currency}.")

    def _add(self, options: dict[str, Any]) -> Provider:
        currency = options["currency"] or actions.ask_currency(
            url=options["url"], key=options["key"]
        )
        return actions.add_provider(
            name=options["name"],
            url=options["url"],
            key=options["key"],
            currency=currency,
            markup=options["markup"],
            publish=options["publish"],
            calls_per_minute=options["calls_per_minute"],
        )
