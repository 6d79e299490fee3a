"""Reading a provider's catalogue into ours."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from notices import actions as notices
from provider import staging
from provider.actions.pricing import reprice_in_transaction
from provider.enums import SyncOutcome
from provider.models import Provider, Route, Service, SyncRun
from provider.protocol.replies import Catalogue
from provider.upstream import CallFailed, Exchange, archive, client_of

# Where more than this share of the offers would go at once, the reply looks cut.
MOST_GONE = 0.3
# So many may go up to half: a provider of ten services may well drop five.
FEW = 10
MOST_OF_FEW = 0.5


@dataclass
class Changes:
    """What a catalogue would change, or changed."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    returned: int = 0
    repriced: int = 0
    known: int = field(default=0, repr=False)

    @property
    def any(self) -> bool:
        return bool(
            self.added
            or self.changed
            or self.withdrawn
            or self.returned
            or self.repriced
        )

    def look_cut(self) -> bool:
        """Return whether so much would go that the reply is not believed."""
        share = MOST_OF_FEW if self.withdrawn <= FEW else MOST_GONE
        return self.withdrawn > self.known * share


def sync(
    *,
    provider: Provider,
    dry_run: bool = False,
    approve: bool = False,
    publish: bool | None = None,
) -> SyncRun:
    """Read `provider`'s catalogue and apply what changed; return the run, saved.

    1. The catalogue is read, outside any transaction. No usable answer: nothing changes.
    2. It is compared. A reply without rows, or one that looks cut, changes nothing,
       unless `approve` (which still refuses a reply without rows).
    3. Offers, categories, services, routes and prices are written, differences only, in
       one transaction and a constant number of statements.

    With `dry_run` all of it is rolled back and the run is returned unsaved. `publish`
    overrides the provider's own setting for services that are new.
    """
    started = time.monotonic()
    run = SyncRun(provider=provider, outcome=SyncOutcome.FAILED)
    exchange: Exchange | None
    try:
        catalogue, exchange = client_of(provider).services()
    except CallFailed as error:
        exchange = error.exchange
        run.message = str(error.message)
    else:
        run.rows = catalogue.total
        run.rejected = [_rejection(row) for row in catalogue.rejected]
        _apply(run, catalogue, dry_run=dry_run, approve=approve, publish=publish)
    run.duration = int((time.monotonic() - started) * 1000)
    if not dry_run:
        _finish(run, exchange)
    return run


def _apply(
    run: SyncRun,
    catalogue: Catalogue,
    *,
    dry_run: bool,
    approve: bool,
    publish: bool | None,
) -> None:
    if not catalogue.rows:
        run.outcome = SyncOutcome.STOPPED
        run.message = _(
            "The reply has no usable service. The catalogue stays as it was."
        )
        return
    with _step(keep=not dry_run):
        changes = _write(run.provider, catalogue, approve=approve, publish=publish)
    run.added, run.changed = changes.added, changes.changed
    run.withdrawn, run.returned = changes.withdrawn, changes.returned
    run.repriced = changes.repriced
    if changes.look_cut() and not approve:
        run.outcome = SyncOutcome.STOPPED
        run.message = _(
            "%(gone)d of %(known)d services would go: the reply looks cut. "
            "The catalogue stays as it was; approve the run if this is right."
        ) % {"gone": changes.withdrawn, "known": changes.known}
    else:
        run.outcome = SyncOutcome.APPLIED if changes.any else SyncOutcome.UNCHANGED


@contextmanager
def _step(*, keep: bool) -> Iterator[None]:
    with transaction.atomic(durable=True):
        yield
        if not keep:
            transaction.set_rollback(True)


def _write(
    provider: Provider, catalogue: Catalogue, *, approve: bool, publish: bool | None
) -> Changes:
    # One sync of a provider at a time; the second finds nothing left to do.
    locked = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    parameters: dict[str, Any] = {
        "provider": provider.pk,
        "publish": locked.publish if publish is None else publish,
    }
    with connection.cursor() as cursor:
        staging.stage(cursor, catalogue.rows)
        cursor.execute(staging.COMPARE, parameters)
        added, changed, returned, known, gone = cursor.fetchone()
        changes = Changes(added, changed, gone, returned, known=known)
        if changes.look_cut() and not approve:
            return changes
        for statement in (
            staging.WRITE_OFFERS,
            staging.WITHDRAW,
            staging.ADD_CATEGORIES,
            staging.ADD_SERVICES,
            staging.FOLLOW,
        ):
            cursor.execute(statement, parameters)
    changes.repriced = reprice_in_transaction(provider_id=provider.pk)
    return changes


def _rejection(row: Any) -> dict[str, Any]:
    return {
        "position": row.position,
        "upstream_id": row.upstream_id,
        "reason": str(row.reason),
        "detail": row.detail,
    }


@transaction.atomic(durable=True)
def _finish(run: SyncRun, exchange: Exchange | None) -> None:
    """Save the run, plan the next one, and tell the staff where it did not apply."""
    if exchange is not None and run.outcome != SyncOutcome.UNCHANGED:
        run.reply = archive(provider=run.provider, exchange=exchange)
    run.save()
    read = {"synced_at": Now()} if run.outcome != SyncOutcome.FAILED else {}
    Provider.objects.filter(pk=run.provider.pk).update(
        next_sync_at=Now() + timedelta(seconds=settings.SYNC_INTERVAL), **read
    )
    if run.outcome in {SyncOutcome.FAILED, SyncOutcome.STOPPED}:
        notices.tell_staff(
            # Once a day for a provider, however often the sync fails.
            key=f"sync:{run.provider.pk}:{run.outcome}",
            subject=_("%(provider)s: the catalogue was not read")
            % {"provider": run.provider},
            text=run.message,
            daily=True,
        )


@transaction.atomic(durable=True)
def publish_services(*, provider: Provider) -> int:
    """Switch on every service that buys first at `provider`; return how many."""
    first = Route.objects.order_by("service", "position").distinct("service")
    return Service.objects.filter(
        routes__in=first.values("pk"), routes__offer__provider=provider, active=False
    ).update(active=True)
