"""`manage.py reconcile`."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders import actions
from orders.differences import Difference
from orders.reconciliation import Books, books, today
from provider.models import Provider
from shop.money import plain

NOTHING = "–"


class Command(BaseCommand):
    help = (
        "Compare our book of each provider with its own: what moved, what nobody "
        "explains, and every order that the two do not agree about. Ends with 1 if "
        "the books differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "provider", nargs="?", help="a provider's name; else all with books"
        )
        parser.add_argument(
            "--days", type=int, default=1, help="how many days, with the last one (1)"
        )
        parser.add_argument("--date", help="the last day, as YYYY-MM-DD in UTC (today)")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = self._span(options["days"], options["date"])
        actions.close_books()
        differing = []
        for provider in self._providers(options["provider"]):
            found = books(provider=provider, first=first, last=last)
            self._report(found, first, last)
            if found.differ:
                differing.append(provider.name)
        if differing:
            raise CommandError(f"The books differ: {', '.join(differing)}.")
        self.stdout.write("The books agree.")

    def _span(self, days: int, text: str | None) -> tuple[date, date]:
        try:
            last = date.fromisoformat(text) if text else today()
        except ValueError as error:
            raise CommandError(f"{text} is no day; write it as YYYY-MM-DD.") from error
        if last > today():
            raise CommandError(f"{last} has not come yet.")
        if not 1 <= days <= (last - date.min).days:
            raise CommandError("--days takes a number of days, from 1 on.")
        return last - timedelta(days=days - 1), last

    def _providers(self, name: str | None) -> list[Provider]:
        known = Provider.objects.filter(days__isnull=False).distinct().order_by("name")
        providers = list(known if name is None else known.filter(name=name))
        if name is not None and not providers:
            raise CommandError(f"There is no provider with books called {name}.")
        if not providers:
            raise CommandError("There is no provider; add one: add_provider.")
        return providers

    def _report(self, found: Books, first: date, last: date) -> None:
        span = str(last) if first == last else f"{first} to {last}"
        self.stdout.write(f"{found.provider}, {span}, {found.provider.currency}")
        rows = (
            ("funds sent", plain(found.funds)),
            ("cost booked", plain(found.cost)),
            ("charged upstream", plain(found.charged)),
            ("charge not named", plain(found.unnamed)),
            ("our book", _moved(found, "book", found.book_movement)),
            ("balance upstream", _moved(found, "balance", found.balance_movement)),
            ("unexplained", _signed(found.rest)),
        )
        for label, value in rows:
            self.stdout.write(f"  {label:<16} {value}")
        for difference in found.differences:
            self.stdout.write(f"  {_line(difference)}")


def _moved(found: Books, side: str, movement: Decimal | None) -> str:
    """Return a movement with the two readings that it lies between."""
    if found.opening is None or found.closing is None:
        return f"{NOTHING} (no two readings of the balance)"
    before, after = getattr(found.opening, side), getattr(found.closing, side)
    return f"{_signed(movement)} ({plain(before)} → {plain(after)})"


def _signed(amount: Decimal | None) -> str:
    if amount is None:
        return NOTHING
    return f"+{plain(amount)}" if amount > 0 else plain(amount)


def _line(one: Difference) -> str:
    upstream = f" ({one.upstream_id} upstream)" if one.upstream_id else ""
    theirs = (
        f"up to {plain(one.expected)} charged"
        if one.charged is None
        else f"{plain(one.charged)} charged"
    )
    return (
        f"order {one.order_id}{upstream}: {plain(one.booked)} booked, {theirs}: "
        f"{one.reason.label}"
    )
