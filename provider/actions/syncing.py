"""Reading a provider's catalogue into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.db import transaction

from provider import queries
from provider.actions.applying import (
    Reading,
    apply_in_transaction,
    record_in_transaction,
    repeat_in_transaction,
)
from provider.enums import SyncOutcome
from provider.guarding import Changes
from provider.models import Provider, SyncRun
from provider.upstream import CallFailed, Exchange, client_of

__all__ = ["Changes", "sync"]


def sync(
    *,
    provider: Provider,
    dry_run: bool = False,
    approve: bool = False,
    publish: bool | None = None,
    anew: bool = False,
) -> SyncRun:
    """Read `provider`'s catalogue and apply what changed; return the run, saved.

    1. The catalogue is read, outside any transaction. No usable answer: nothing changes,
       nor where the answer is the very one that was compared last (within COMPARE_HOURS).
    2. It is compared. A reply without rows, or one that is not believed, changes
       nothing, unless `approve` (which still refuses a reply without rows).
    3. Odd changes are quarantined; offers, categories, services, routes and prices are
       written, differences only, in one transaction and a constant number of statements.

    With `dry_run` all of it is rolled back and the run is returned unsaved, with a
    `sample` of the differences. `publish` overrides the provider's own setting for
    services that are new. With any of them, or `anew`, the answer is compared in any case.
    """
    started = monotonic()
    run = SyncRun(provider=provider, outcome=SyncOutcome.FAILED)
    asked = anew or dry_run or approve or publish is not None
    known = "" if asked else queries.compared_digest(provider=provider)
    try:
        catalogue = None
        while catalogue is None:
            catalogue, exchange = client_of(provider).services(known=known)
            if catalogue is None and _repeat(run, known, started):
                return run
            # Somebody else has changed the offers meanwhile, if that was not the end.
            known = ""
    except CallFailed as error:
        run.message = str(error.message)
        if not dry_run:
            _note_failure(run, error.exchange, started)
        return run
    reading = Reading(
        catalogue, exchange, approve=approve, publish=publish, started=started
    )
    with _step(keep=not dry_run):
        apply_in_transaction(run, reading)
        if dry_run:
            run.sample = queries.sample_of_differences(run_id=run.pk)
    if dry_run:
        run.pk = None
    return run


@transaction.atomic(durable=True)
def _repeat(run: SyncRun, known: str, started: float) -> bool:
    return repeat_in_transaction(run, known=known, started=started)


@contextmanager
def _step(*, keep: bool) -> Iterator[None]:
    with transaction.atomic(durable=True):
        yield
        if not keep:
            transaction.set_rollback(True)


@transaction.atomic(durable=True)
def _note_failure(run: SyncRun, exchange: Exchange | None, started: float) -> None:
    record_in_transaction(run, exchange=exchange, started=started)
