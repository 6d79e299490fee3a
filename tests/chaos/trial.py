"""One run: a shop of its own, a storm, rest, and the comparison."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from django.core.management import call_command
from django.db import connection, transaction

from shop.embedded.state import BASE_DIR
from tests.chaos.books import Books
from tests.chaos.comparing import Column, compare
from tests.chaos.furnishing import furnish
from tests.chaos.placing import Crowd
from tests.chaos.processes import Stage
from tests.chaos.resting import Backlog, heal, wait_for_rest
from tests.chaos.storm import Storm
from tests.chaos.wishes import Wish, browsers, wishes

BROWSERS = 8
# The last line of a traceback: what kind of error it was.
ERROR = re.compile(
    rb"^([\w.]*(?:Error|Exception|Violation|Stale|IllegalMove|Timeout))\b"
    # Not one that was handled, or on whose way another was raised.
    rb"(?!(?:(?!\nTraceback).)*?\n\n(?:During handling|The above exception))"
    rb":?([^\n]*)",
    re.M | re.S,
)


@dataclass(frozen=True)
class Terms:
    """What a run is like. `storm` is how many blows of each kind; None: by the orders.

    `faults` are the plans of the two providers; `patience` is in seconds.
    """

    orders: int
    seed: int = 1
    faults: tuple[str, str] = ("latency=20", "latency=10")
    storm: Mapping[str, int] | None = None
    speed: float = 3.0
    patience: float = 150.0
    threads: int = 12


@dataclass
class Verdict:
    """What came of a run."""

    columns: list[Column]
    lines: list[str]
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def broken(self) -> list[Column]:
        return [column for column in self.columns if column.is_broken]


def run(stage: Stage, terms: Terms) -> Verdict:
    """Run on a fresh stage, whose servers are up and whose settings Django has read."""
    started = time.monotonic()
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(f"{time.monotonic() - started:6.1f} s  {line}")
        print(lines[-1], flush=True)

    with stage.supervisor:
        stage.start_sandboxes(
            speed=terms.speed, seed=terms.seed, faults=["latency=10"] * 2
        )
        call_command("migrate", verbosity=0)
        if stage.mistake == "commit_not_flushed":
            _flush_later()
        market = furnish(stage.sandboxes)
        stage.start_shop()
        say(f"the shop is up in {stage.folder}, with {len(market.shelves)} services")
        for sandbox, plan in zip(stage.sandboxes, terms.faults, strict=True):
            sandbox.plan(plan)
        web = browsers(market, BROWSERS)
        crowd = Crowd(stage.address, market, web, terms.seed)
        storm = Storm(stage, market, crowd, terms.orders, terms.seed, terms.storm)
        offers = _offers()
        backlog = Backlog()
        placed: list[Wish] = []
        wanted = wishes(market, orders=terms.orders, seed=terms.seed, web=web)

        def order() -> None:
            placed.extend(crowd.place(wanted, threads=terms.threads))
            crowd.come_back(after=2 * terms.speed)

        work = [Thread(target=one, daemon=True) for one in (order, storm.rage)]
        for thread in work:
            thread.start()
        while any(thread.is_alive() for thread in work):
            stage.watch()
            backlog.look(storm.blows)
            time.sleep(0.1)
        if (len(placed), len(storm.blows)) != (terms.orders, len(storm.plan)):
            raise RuntimeError("a thread ended early: zeros would prove nothing")
        say(_told(placed))
        resumed = heal(stage)
        say(
            f"all faults off; providers that were paused: {', '.join(resumed) or 'none'}"
        )
        stage.wait_for(lambda: _drained(backlog, storm), 60)
        restless, seconds = wait_for_rest(stage, patience=terms.patience)
        say(
            f"{'at rest' if not restless else f'{restless} not at rest'} after {seconds:.0f} s"
        )
        for line in _struck(storm, backlog):
            say(line)
        audit = _audit()
        with _one_moment():
            books = Books(
                wishes=placed,
                market=market,
                upstream={sandbox.name: sandbox.book() for sandbox in stage.sandboxes},
                blows=storm.blows,
                audit=audit,
                offers_before=offers,
            )
            say(f"customers asked: {_counts(crowd.asked)}")
            say(f"here: {_counts(_orders(books))}; upstream: {len(books.lines)} orders")
            columns = compare(books)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    return Verdict(columns, lines, _errors(stage))


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read our books as of one moment: the shop goes on while they are compared."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _drained(backlog: Backlog, storm: Storm) -> bool:
    backlog.look(storm.blows)
    return all(blow in backlog.drained for blow in storm.blows)


def _told(placed: list[Wish]) -> str:
    refused = Counter(why for wish in placed for why in wish.refused)
    told = len({number for wish in placed for number in wish.told})
    silent = sum(not wish.told and not wish.refused for wish in placed)
    return (
        f"{len(placed)} wishes: {told} orders acknowledged, {silent} without an answer, "
        f"refused: {_counts(refused) or 'none'}"
    )


def _struck(storm: Storm, backlog: Backlog) -> list[str]:
    """Say what was done, and how long the shop took to get over it."""
    lines = [f"blows: {_counts(Counter(blow.kind for blow in storm.blows))}"]
    by_itself = [death for death in storm.stage.deaths if "ended with -9" not in death]
    lines += [f"by itself: {death}" for death in by_itself]
    restarts = [blow for blow in storm.blows if blow.kind == "restart database"]
    for blow in restarts:
        after = backlog.drained.get(blow)
        lines.append(
            f"database restarted: away for {blow.lasted:.1f} s, "
            f"all that was placed before was sent {_seconds(after)} after the blow"
        )
    kills = [blow for blow in storm.blows if blow.kind.startswith("kill")]
    if kills:
        after = backlog.drained.get(kills[-1])
        lines.append(
            f"after the last kill the backlog was sent within {_seconds(after)}"
        )
    return lines


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in sorted(counts.items()))


def _orders(books: Books) -> Counter[str]:
    return Counter(
        f"{order['submission']}/{order['status']}" for order in books.orders.values()
    )


def _flush_later() -> None:
    """Have every later connection acknowledge commits before they are on the disk."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE shop SET synchronous_commit = off")


def _offers() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM provider_offer WHERE withdrawn_at IS NULL")
        row: tuple[int] = cursor.fetchone()
        return row[0]


def _audit() -> list[str]:
    """Run `manage.py audit` as a person would; return its findings."""
    result = subprocess.run(
        [sys.executable, "manage.py", "audit"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    findings = [line for line in result.stdout.splitlines() if line]
    if result.returncode == 0:
        return []
    return findings or [result.stderr.strip()[-300:]]


def _errors(stage: Stage) -> Counter[str]:
    """Count the kinds of errors in the shop's logs, with their first words."""
    found: Counter[str] = Counter()
    for log in stage.state.log.glob("w*.log*"):
        for kind, words in ERROR.findall(log.read_bytes()):
            said = words.decode(errors="replace").strip()[:80]
            found[f"{kind.decode().rpartition('.')[2]} ({said})"] += 1
    return found
