"""How long a catalogue takes to import, and to import again with nothing changed.

CATALOGUES may name a folder with JSON files of real catalogues; without it, rows are
made up.
"""

import json
import os
import statistics
import tempfile
from collections import Counter
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.measuring import upstream
from provider import actions
from provider.models import Offer, Provider, Service, SyncRun

ROWS = 5_000
REPEATS = 5


def run() -> None:
    """Import each catalogue once, then again REPEATS times."""
    with tempfile.TemporaryDirectory() as folder:
        for file in _files(Path(folder)):
            _measure(file)


def _files(folder: Path) -> list[Path]:
    if named := os.environ.get("CATALOGUES"):
        return sorted(Path(named).glob("*.json"))
    rows = [
        {
            "service": str(number),
            "name": f"Subtitles, language {number}",
            "type": "Default",
            "category": f"Subtitles {number % 50}",
            "rate": f"{1 + number / 1000:.4f}",
            "min": "10",
            "max": "10000",
            "refill": number % 2 == 0,
            "cancel": number % 3 == 0,
        }
        for number in range(1, ROWS + 1)
    ]
    file = folder / "made-up.json"
    file.write_text(json.dumps(rows))
    return [file]


def _measure(file: Path) -> None:
    with upstream("--catalogue", str(file)) as url:
        provider = actions.add_provider(
            name=file.stem, url=url, key="practice", currency="USD", publish=True
        )
        first, statements = _sync(provider)
        again = [_sync(provider) for _ in range(REPEATS)]
    rejected = Counter(row["reason"] for row in first.rejected)
    print(
        f"{file.stem}: {first.rows} rows, {first.added} services, "
        f"rejected {dict(rejected) or 'none'}, {statements} statements, "
        f"{first.duration / 1000:.2f} s"
    )
    moved = sum(r.added + r.changed + r.withdrawn + r.repriced for r, _ in again)
    print(
        f"  again: {moved} rows changed, {again[0][1]} statements, "
        f"median {statistics.median(r.duration for r, _ in again)} ms of {REPEATS}"
    )
    off = Counter(
        Service.objects.filter(routes__offer__provider=provider)
        .exclude(off_reason="")
        .values_list("off_reason", flat=True)
    )
    print(f"  not sold: {dict(off) or 'none'}")
    assert Offer.objects.filter(provider=provider).count() == first.added


def _sync(provider: Provider) -> tuple[SyncRun, int]:
    # Else a reply that came before is not even compared.
    actions.request_sync(provider=provider)
    with CaptureQueriesContext(connection) as queries:
        run = actions.sync(provider=provider)
    return run, len(queries)
