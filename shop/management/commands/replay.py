"""`manage.py replay`."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.replaying import Reading, Verdict, replay
from orders.replaying.archive import READERS
from provider.models import Provider


class Command(BaseCommand):
    help = (
        "Read the kept upstream replies again, with today's readers and error wordings, "
        "and say what would be told otherwise. Changes nothing. Ends with 1 if anything "
        "reads differently."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", help="a provider's name; else all")
        parser.add_argument(
            "--days", type=int, help="only replies of the last so many days"
        )
        parser.add_argument("--action", help="only one call, such as add")
        parser.add_argument("--limit", type=int, help="only the newest so many replies")

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[tuple[str, Verdict]] = Counter()
        reasons: Counter[tuple[str, str]] = Counter()
        for reading in self._replay(options):
            counts[reading.action, reading.verdict] += 1
            if reading.verdict is Verdict.SKIPPED:
                reasons[reading.action, reading.now] += 1
            elif reading.verdict is Verdict.DIFFERENT:
                self.stdout.write(_line(reading))
        self._summarise(counts, reasons)
        different = sum(
            count
            for (_, verdict), count in counts.items()
            if verdict is Verdict.DIFFERENT
        )
        if different:
            raise CommandError(f"{different} reading(s) differ from what was recorded.")

    def _replay(self, options: dict[str, Any]) -> Iterator[Reading]:
        action = options["action"]
        if action is not None and action not in READERS:
            raise CommandError(f"--action is one of {', '.join(READERS)}.")
        for name in ("days", "limit"):
            if options[name] is not None and not 0 < options[name] < 10**6:
                raise CommandError(f"--{name} takes a number, from 1 on.")
        return replay(
            provider=self._provider(options["provider"]),
            days=options["days"],
            action=action,
            limit=options["limit"],
        )

    def _provider(self, name: str | None) -> Provider | None:
        if name is None:
            return None
        provider = Provider.objects.filter(name=name).first()
        if provider is None:
            raise CommandError(f"There is no provider called {name}.")
        return provider

    def _summarise(
        self,
        counts: Counter[tuple[str, Verdict]],
        reasons: Counter[tuple[str, str]],
    ) -> None:
        for action in sorted({action for action, _verdict in counts}):
            told = ", ".join(
                f"{counts[action, verdict]} {verdict}" for verdict in Verdict
            )
            self.stdout.write(f"{action}: {told}")
            for (skipped, why), count in sorted(reasons.items()):
                if skipped == action:
                    self.stdout.write(f"  skipped: {count} × {why}")
        if not counts:
            self.stdout.write("No reply is kept of that.")


def _line(reading: Reading) -> str:
    return (
        f"reply {reading.reply_id} ({reading.action}), {reading.subject}: "
        f"{reading.was}, but today: {reading.now}"
    )
