"""What is done to the shop while customers order: drawn from the seed, one after another."""

import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import redis
from django.conf import settings
from django.db import OperationalError, connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from shop.celery import ring
from tests.chaos.furnishing import Market
from tests.chaos.placing import Crowd
from tests.chaos.processes import LEASE, TWINS, Stage

# How many of each in a storm over a thousand orders, and how many at least and at most.
# The keeper gives PostgreSQL up when it dies six times within a minute each.
SHARES: Mapping[str, tuple[int, int, int]] = {
    "kill worker": (16, 4, 200),
    "kill beat": (4, 1, 40),
    "kill web": (6, 2, 60),
    "freeze worker": (2, 1, 20),
    "flush": (8, 2, 100),
    "kill valkey": (1, 1, 4),
    "restart database": (3, 1, 4),
    "deliver twice": (8, 2, 100),
    "sync": (6, 1, 40),
}


@dataclass(frozen=True)
class Blow:
    """Something that was done: what, when, and the newest order at that moment.

    `lasted` is in seconds: how long a worker stood still, or the database was away.
    """

    kind: str
    at: datetime
    newest: int
    lasted: float


@dataclass
class Storm:
    """The plan of blows, as shares of the orders placed, and what came of it."""

    stage: Stage
    market: Market
    crowd: Crowd
    orders: int
    seed: int
    kinds: Mapping[str, int] | None = None
    blows: list[Blow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}:storm")
        counts = self.kinds if self.kinds is not None else amounts(self.orders)
        self.plan = sorted(
            (self.chance.uniform(0.05, 0.97), kind)
            for kind, count in counts.items()
            for _ in range(count)
        )
        self.doing: Mapping[str, Callable[[], None]] = {
            "kill worker": lambda: self._kill("worker"),
            "kill beat": lambda: self._kill("beat"),
            "kill web": self._kill_web,
            "freeze worker": self._freeze,
            "flush": self._flush,
            "kill valkey": self._kill_valkey,
            "restart database": self._restart_database,
            "deliver twice": self._deliver_twice,
            "sync": self._sync,
        }

    def rage(self) -> None:
        """Strike as the orders come in, until the plan is done; for a thread of its own."""
        for share, kind in self.plan:
            while self.crowd.done < share * self.orders:
                time.sleep(0.02)
            newest = _newest_order()
            at, started = datetime.now(UTC), time.monotonic()
            met = ""
            try:
                self.doing[kind]()
            except (redis.RedisError, OperationalError):
                # Two blows met: the server is away just now.
                met = " (it was away)"
            lasted = time.monotonic() - started
            self.blows.append(Blow(f"{kind}{met}", at, newest, lasted))
        connection.close()

    def _kill(self, name: str) -> None:
        child = self.stage.child(f"{name}{self.chance.choice(TWINS)}")
        # A clean record: being killed by us is no sign that it cannot be kept.
        child.deaths = 0
        if child.process:
            child.process.kill()

    def _kill_web(self) -> None:
        """Kill one of the web server's processes, or the one that keeps them."""
        keeper = self.stage.child("web1")
        keeper.deaths = 0
        if keeper.process is None:
            return
        pid = keeper.process.pid
        pids = _children(pid)
        if pids and self.chance.random() < 0.7:
            pid = self.chance.choice(pids)
        _signal(pid, signal.SIGKILL)

    def _freeze(self) -> None:
        """Let a worker stand still for longer than a lease, as a loaded machine does."""
        child = self.stage.child(f"worker{self.chance.choice(TWINS)}")
        if child.process is None:
            return
        pid = child.process.pid
        _signal(pid, signal.SIGSTOP)
        time.sleep(LEASE + 1.5)
        _signal(pid, signal.SIGCONT)

    def _flush(self) -> None:
        """Make Valkey forget everything: every message, and what is counted there."""
        _valkey().flushall()

    def _kill_valkey(self) -> None:
        _signal(int(_valkey().info("server")["process_id"]), signal.SIGKILL)

    def _restart_database(self) -> None:
        """Stop PostgreSQL as `pg_ctl -m immediate` does; its keeper starts it again."""
        started = time.monotonic()
        pid_file = self.stage.state.postgres / "postmaster.pid"
        pid = int(pid_file.read_text().partition("\n")[0])
        _signal(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists() and time.monotonic() < started + 30:
            time.sleep(0.02)
        _newest_order()

    def _deliver_twice(self) -> None:
        """Deliver messages again that have been delivered, to whatever they find."""
        newest = _newest_order()
        if newest:
            for _ in range(20):
                # The newest are still on their way, so a second one is in time for them.
                order_id = max(newest - int(self.chance.expovariate(1 / 8)), 1)
                for _twice in range(2):
                    ring("orders.submit", order_id=order_id)
        for provider_id in self.market.providers.values():
            for _twice in range(3):
                ring("orders.track", provider_id=provider_id)

    def _sync(self) -> None:
        """Have the catalogues read again, as staff do."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE provider_provider SET next_sync_at = now()")


def amounts(orders: int) -> dict[str, int]:
    """Return how many blows of each kind a storm over so many orders has."""
    return {
        kind: min(max(round(share * orders / 1000), least), most)
        for kind, (share, least, most) in SHARES.items()
    }


def _newest_order() -> int:
    """Return the newest order's number, waiting for the database where it is away."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT coalesce(max(id), 0) FROM orders_order")
                row: tuple[int] = cursor.fetchone()
                return row[0]
        except OperationalError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _valkey() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def _children(pid: int) -> list[int]:
    """Return the processes that `pid` has started, threads of it included."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(number) for number in file.read_text().split()]
    return sorted(found)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
