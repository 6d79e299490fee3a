"""`python -m tests.payments.fakes`: the Stripe that `make demo` has, until it is stopped."""

import signal
from argparse import ArgumentParser

from tests.payments.fakes.stripe import StripeFake


def main() -> None:
    """Serve on a port of this machine, and notify the shop at the address given."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True, help="where the shop is notified")
    given = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM}
    # Before the threads, which inherit it: only this one takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with StripeFake.serving(given.port) as fake:
        fake.webhook_url = given.webhook
        signal.sigwait(signals)


if __name__ == "__main__":
    main()
