"""The supervisor: keeps a few child processes running, and stops all of them."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from shop.processes import Child

TICK = 0.2


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C, closed the terminal or sent SIGTERM."""


def _request_stop(_signal: int, _frame: FrameType | None) -> None:
    # Once is enough: a second signal must not interrupt the stopping.
    for name in STOP_SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    raise StopRequested


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Supervisor:
    """Children in the order in which they are to be stopped.

    Use it as a context manager: signals are turned into StopRequested within, and
    whatever the way out, no child is left at its end. Main thread only.
    """

    report: Callable[[str], object]
    stop_order: Sequence[str] = ()
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> "Supervisor":
        """Listen to the signals that ask for an end."""
        for name in STOP_SIGNALS:
            signal.signal(name, _request_stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: object, _traceback: object
    ) -> bool:
        """Stop the children in order; StopRequested ends here, as it was obeyed."""
        for name in STOP_SIGNALS:
            signal.signal(name, signal.SIG_IGN)
        if kind is StopRequested:
            self.report("\nstopping ...")
        order = list(self.stop_order)
        for child in sorted(self.children, key=lambda child: order.index(child.name)):
            child.stop()
        return kind is StopRequested

    def start(self, child: Child) -> None:
        """Start `child` at once, and keep it from now on."""
        self.children.append(child)
        child.keep()

    def watch(self) -> None:
        """Look at every child once; start again what has ended.

        Raises CannotStart for a child that cannot be kept running.
        """
        for child in self.children:
            if event := child.keep():
                self.report(event)

    def run(self, also: Callable[[], object]) -> None:
        """Watch the children, and call `also` as often, until a signal comes."""
        while True:
            self.watch()
            also()
            time.sleep(TICK)
