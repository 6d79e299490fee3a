"""`manage.py sync_catalogue`."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provider import actions, queries
from provider.enums import DifferenceKind, SyncOutcome
from provider.models import Difference, Provider, SyncRun
from provider.queries import SAMPLE
from shop.money import plain


class Command(BaseCommand):
    help = (
        "Read the catalogue of one provider, or of all active ones, and apply what "
        "changed. An empty or cut reply changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="a provider's name; else all")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would change, change nothing",
        )
        parser.add_argument(
            "--publish", action="store_true", help="put its services on sale as well"
        )
        parser.add_argument(
            "--approve",
            action="store_true",
            help="apply the reply although it looks cut or in another currency",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for provider in self._providers(options["name"]):
            run = actions.sync(
                provider=provider,
                dry_run=options["dry_run"],
                approve=options["approve"],
                publish=options["publish"] or None,
                anew=True,
            )
            self._report(provider, run)
            if run.outcome in {SyncOutcome.FAILED, SyncOutcome.STOPPED}:
                failed.append(f"{provider}: {run.message}")
            elif options["publish"] and not options["dry_run"]:
                actions.publish_services(provider=provider)
        if failed:
            raise CommandError(" ".join(failed))

    def _providers(self, name: str | None) -> list[Provider]:
        providers = list(queries.active_providers())
        if name is not None:
            providers = [provider for provider in providers if provider.name == name]
            if not providers:
                raise CommandError(f"There is no active provider called {name}.")
        if not providers:
            raise CommandError("There is no active provider; add one: add_provider.")
        return providers

    def _report(self, provider: Provider, run: SyncRun) -> None:
        rejected = (run.repeats or run).rejected
        self.stdout.write(
            f"{provider}: {run.get_outcome_display()}: {run.rows} rows, "
            f"{len(rejected)} rejected, {run.added} new, {run.changed} changed, "
            f"{run.withdrawn} withdrawn, {run.returned} returned, "
            f"{run.quarantined} quarantined, {run.repriced} prices changed, {run.duration / 1000:.2f} s"
        )
        for reason, count in Counter(row["reason"] for row in rejected).items():
            self.stdout.write(f"  rejected: {count} × {reason}")
        for kind in DifferenceKind:
            rows = [row for row in run.sample if row.kind == kind][:SAMPLE]
            for row in rows:
                self.stdout.write(f"  {kind.label}: {_told(row)}")
            if len(rows) == SAMPLE:
                self.stdout.write(f"  {kind.label}: …")
        moved = sorted(
            (row for row in run.sample if row.move is not None),
            key=lambda row: -(row.move or 0),
        )
        for row in moved[:SAMPLE]:
            self.stdout.write(f"  biggest moves: {_told(row)}")


def _told(row: Difference) -> str:
    """Return one difference as a line: what it is about, and from what to what."""
    parts = [row.upstream_id, row.name[:60]]
    if row.oddity:
        parts.append(f"({row.get_oddity_display()})")
    if row.old_rate is None or row.old_rate == row.new_rate:
        parts.append("" if row.new_rate is None else plain(row.new_rate))
    elif row.new_rate is not None:
        parts.append(f"{plain(row.old_rate)} → {plain(row.new_rate)}")
    others = [name for name in row.fields if name != "rate_seen"]
    if others:
        parts.append(f"[{', '.join(others)}]")
    return " ".join(part for part in parts if part)
