"""Every promise that can be checked by a query, over all rooms."""

from collections.abc import Iterator

import ledger.audit
import orders.audit
import payments.audit


def broken() -> Iterator[str]:
    """Yield one line for each promise that a row breaks; nothing if all is well."""
    yield from ledger.audit.broken()
    yield from orders.audit.broken()
    yield from payments.audit.broken()
