"""The embedded Valkey: queue and cache, on a Unix socket, with nothing on disk."""

import contextlib
import signal
import time
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shop.embedded.binaries import valkey_program
from shop.embedded.identity import Identity
from shop.embedded.state import StateFolder
from shop.processes import Process, spawn

SOCKET = "valkey.sock"


def url(state: StateFolder) -> str:
    """Return the address for REDIS_URL."""
    return f"unix://{quote(str(state.sockets.resolve() / SOCKET))}?db=0"


def is_ready(state: StateFolder) -> bool:
    """Say whether Valkey answers on its socket."""
    try:
        return bool(_client(state).ping())
    except redis.RedisError:
        return False


def start(state: StateFolder, identity: Identity) -> Process:
    """Start Valkey. It may forget everything: the database is the truth."""
    _shut_down_leftover(state)
    return spawn(
        [
            *identity.wrapper,
            valkey_program(),
            *("--port", "0"),
            *("--unixsocket", state.sockets.resolve() / SOCKET),
            *("--unixsocketperm", "700"),
            *("--dir", state.sockets.resolve()),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--maxmemory-policy", "noeviction"),
            *("--loglevel", "warning"),
        ],
        log=state.log / "valkey.log",
        # Not a polite signal: on its way out it would remove a successor's socket.
        dies_with_us=signal.SIGKILL,
        user=identity.user,
        group=identity.group,
    )


def _shut_down_leftover(state: StateFolder) -> None:
    """End a Valkey that a killed keeper left behind (where the kernel does not)."""
    with contextlib.suppress(redis.RedisError):
        _client(state).shutdown(nosave=True)
        time.sleep(0.1)


def _client(state: StateFolder) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(state.sockets.resolve() / SOCKET),
        socket_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
