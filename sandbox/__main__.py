"""The command line: `python -m sandbox --help`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path

import sandbox
from sandbox import catalogue, faults, statefile
from sandbox.server import SandboxServer, make_server
from sandbox.terms import Terms
from sandbox.vendor import Vendor


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted or terminated; return the code to exit with.

    Reads the command line (SystemExit when it is wrong), the catalogue and the state,
    binds, says on standard output where it is, and serves. What cannot be read or
    bound is one line on standard error and code 1.
    """
    options = parser().parse_args(argv)
    try:
        vendor = open_vendor(options)
        server = make_server(options.host, options.port, vendor, options.faults)
    except (catalogue.CatalogueError, statefile.StateError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    # TERM ends it as Ctrl-C does: by leaving serve() through its saving exit.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        sys.stdout.write(
            f"sandbox: {len(vendor.catalogue)} services at {server.url}/api/v2"
            f" (key: {vendor.terms.key})\n"
        )
        sys.stdout.flush()
        serve(server, options.state)
    return 0


def serve(server: SandboxServer, state: Path | None = None) -> None:
    """Serve until KeyboardInterrupt, keeping the book in the file `state` if given.

    The interrupt is passed on, after the port is closed and the book is saved.
    """
    saver = statefile.Saver(server.vendor, state) if state else None
    if saver:
        saver.start()
    try:
        server.serve_forever()
    finally:
        server.server_close()
        if saver:
            saver.stop()


def open_vendor(options: argparse.Namespace) -> Vendor:
    """Return the vendor that `options` describe, with the orders of its state file.

    Raises CatalogueError or StateError when a file cannot be used.
    """
    rows = catalogue.load(options.catalogue or catalogue.DEMO_FILE)
    terms = Terms(
        key=options.key,
        currency=options.currency,
        deposit=options.balance,
        speed=options.speed,
        refill_cooldown=options.refill_cooldown,
        partial=options.partial,
        cancel=options.cancel,
        seed=options.seed,
        request_ids=options.request_ids,
        list_orders=options.list_orders,
        children=options.children,
    )
    vendor = Vendor(rows, terms)
    if options.state:
        statefile.load(vendor, options.state)
        # A folder that cannot be written is better found now than at the first order.
        statefile.save(vendor, options.state)
    return vendor


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, which is also its documentation."""
    made = argparse.ArgumentParser(
        prog="sandbox",
        description=sandbox.__doc__,
        epilog=faults.described(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=_port, default=8081, help="0 for any free one (%(default)s)")
    add("--key", default="practice", help="the API key it accepts (%(default)s)")
    add("--catalogue", type=Path, metavar="FILE", help="serve this JSON file instead")
    add("--state", type=Path, metavar="FILE", help="keep orders here over restarts")
    add("--currency", default="USD", help="of its rates and balance (%(default)s)")
    add("--balance", type=_amount, default=Decimal(10_000), help="(%(default)s)")
    add("--speed", type=_seconds, default=20.0, help="seconds of a life (%(default)s)")
    add("--partial", type=_share, default=0.05, help="share of orders (%(default)s)")
    add("--cancel", type=_share, default=0.03, help="share of orders (%(default)s)")
    add("--seed", default="1", help="of the orders' fates (%(default)s)")
    add(
        "--refill-cooldown",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="between two refills of one order (%(default)s)",
    )
    add("--request-ids", action="store_true", help="same request_id, same order")
    add("--list-orders", action="store_true", help="answer action=orders")
    add("--children", action="store_true", help="a drip-feed's runs are orders")
    add(
        "--faults",
        type=_faults,
        default=faults.parse(""),
        metavar="SPEC",
        help="what goes wrong, as listed below",
    )
    return made


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is from 0 to 65535")
    return port


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
        if 0 <= amount <= 10**12:
            return amount
    except InvalidOperation:
        pass
    raise argparse.ArgumentTypeError("an amount is from 0 to 10^12")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 10**7:
        raise argparse.ArgumentTypeError("seconds are from 0 to 10^7")
    return seconds


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share is from 0 to 1")
    return share


def _faults(text: str) -> faults.Plan:
    try:
        return faults.parse(text)
    except faults.FaultSpecError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
