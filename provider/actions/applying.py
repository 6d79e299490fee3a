"""Bringing a read catalogue, or an old one, into ours: one transaction, one run."""

import time
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from notices import actions as notices
from provider import comparing, staging
from provider.actions import pricing
from provider.changes import because
from provider.enums import ChangeReason, RunCause, RunDecision, SyncOutcome
from provider.guarding import Changes, stop_reason
from provider.judging import Rules
from provider.models import KeptCatalogue, Provider, SyncRun
from provider.protocol.replies import Catalogue, RejectionReason
from provider.upstream import Exchange, archive
from shop.statements import whole_tables

# Of so many runs of a provider the whole reply and the differences are kept.
KEPT_RUNS = 10
# What a level of compression more would save is not worth its time.
LEVEL = 3
DRAW = "SELECT nextval(pg_get_serial_sequence('provider_syncrun', 'id'))"
OFFERS = (comparing.END_QUARANTINES, comparing.ASK, staging.WRITE_OFFERS)
SERVICES = (
    staging.WITHDRAW,
    staging.ADD_CATEGORIES,
    staging.DRAW_SERVICES,
    staging.ADD_SERVICES,
    staging.ADD_ROUTES,
    staging.MOVE,
    staging.FOLLOW,
)
# What is old is let go of, together with its rows; the runs themselves stay.
FORGET = """
    WITH old AS (
        SELECT id FROM provider_syncrun
        WHERE provider_id = %(provider)s AND id < %(run)s
          AND id IN (SELECT run_id FROM provider_keptcatalogue)
        ORDER BY id DESC OFFSET %(most)s
    ), catalogues AS (
        DELETE FROM provider_keptcatalogue USING old WHERE run_id = old.id
    )
    DELETE FROM provider_difference USING old WHERE run_id = old.id
"""


@dataclass
class Reading:
    """A catalogue that was read, and what is wanted of it."""

    catalogue: Catalogue
    exchange: Exchange | None = None
    approve: bool = False
    publish: bool | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def zeroed(self) -> list[str]:
        """The upstream ids of the rows that have no price any more."""
        reason = RejectionReason.RATE_NOT_POSITIVE
        return [
            row.upstream_id for row in self.catalogue.rejected if row.reason == reason
        ]


def apply_in_transaction(run: SyncRun, reading: Reading) -> None:
    """Compare, guard, and write what differs; save the run. Inside the caller's step.

    1. The provider is locked: one sync of it at a time; a second finds nothing to do.
    2. What differs is found. A reply without rows, or one that is not believed, changes
       nothing unless `approve` (which still refuses one without rows).
    3. Odd changes are asked about; offers, categories, services, routes and prices are
       written, differences only.
    4. The run, its differences and the reply are kept, unless nothing changed.
    """
    run.rows = reading.catalogue.total
    run.rejected = [_rejection(row) for row in reading.catalogue.rejected]
    if reading.catalogue.rows:
        run.digest = reading.catalogue.digest
        _apply(run, reading)
    else:
        run.outcome = SyncOutcome.STOPPED
        run.message = _(
            "The reply has no usable service. The catalogue stays as it was."
        )
    record_in_transaction(run, exchange=reading.exchange, started=reading.started)
    if run.waits or run.outcome == SyncOutcome.APPLIED:
        _keep(run, reading.catalogue.body)


def _apply(run: SyncRun, reading: Reading) -> None:
    provider = Provider.objects.select_for_update(no_key=True).get(pk=run.provider.pk)
    with whole_tables(), connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            **pricing.parameters(provider_id=provider.pk),
            "service": None,
            "run": draw_run(run, cursor),
            "publish": provider.publish if reading.publish is None else reading.publish,
            "zeroed": reading.zeroed,
            "jump": 1 + settings.PRICE_JUMP / 100,
        }
        staging.stage(cursor, reading.catalogue.rows)
        changes = _compare(cursor, parameters)
        reason = stop_reason(provider=provider, changes=changes)
        if reason and not reading.approve:
            run.outcome, run.message = SyncOutcome.STOPPED, reason
            run.repeats = _asked_before(run)
            if run.repeats is None:
                cursor.execute(comparing.REMEMBER, {**parameters, "keep": False})
        else:
            name_in_transaction(run)
            cursor.execute(comparing.REMEMBER, {**parameters, "keep": True})
            _judge(cursor, reading.catalogue)
            for statement in (*OFFERS, *SERVICES):
                cursor.execute(statement, parameters)
            if not changes.all_new:
                changes.repriced = pricing.reprice_in_transaction(
                    provider_id=provider.pk
                )
            run.outcome = SyncOutcome.APPLIED if changes.any else SyncOutcome.UNCHANGED
            note_compared(run)
    count_in_transaction(run, changes)


def note_compared(run: SyncRun) -> None:
    """Remember the reply that the offers are just like, which need not be read again.

    Not that of an approved or undone run: the next reading is compared.
    """
    known = run.digest if run.cause == RunCause.READING else ""
    Provider.objects.filter(pk=run.provider.pk).update(
        catalogue_digest=known, compared_at=Now()
    )


def draw_run(run: SyncRun, cursor: CursorWrapper) -> int:
    """Give a run its number before it is saved: what it changes names it."""
    cursor.execute(DRAW)
    (run.pk,) = cursor.fetchone()
    return int(run.pk)


def _compare(cursor: CursorWrapper, parameters: dict[str, Any]) -> Changes:
    cursor.execute(comparing.COMPARE, parameters)
    added, changed, gone, returned, quarantined, jumped, known = cursor.fetchone()
    return Changes(
        added=added,
        changed=changed,
        withdrawn=gone,
        returned=returned,
        quarantined=quarantined,
        jumped=jumped,
        known=known,
    )


def _judge(cursor: CursorWrapper, catalogue: Catalogue) -> None:
    """Judge the rows that will be written, and no others: each costs microseconds."""
    cursor.execute("SELECT upstream_id FROM compared WHERE writes")
    writes = {upstream_id for (upstream_id,) in cursor.fetchall()}
    if writes:
        rules = Rules.now()
        staging.keep_judgements(
            cursor,
            (
                (row.upstream_id, rules.judge_row(row))
                for row in catalogue.rows
                if row.upstream_id in writes
            ),
        )


def name_in_transaction(run: SyncRun) -> None:
    """Name the run and its cause as the reason of what follows."""
    because(ChangeReason(run.cause), run_id=run.pk, by=run.by)


def repeat_in_transaction(run: SyncRun, *, known: str, started: float) -> bool:
    """Save a run whose reply is the one that the offers are like: it changes nothing.

    False, and nothing is saved, where they are not like it any more.
    """
    same = Provider.objects.filter(pk=run.provider.pk, catalogue_digest=known)
    # Also locks the provider: no other sync applies anything meanwhile.
    if not same.update(catalogue_digest=known):
        return False
    read = SyncRun.objects.filter(provider=run.provider, digest=known, repeats=None)
    run.repeats = read.defer("rejected").order_by("-id").first()
    run.rows = run.repeats.rows if run.repeats else 0
    run.digest, run.outcome = known, SyncOutcome.UNCHANGED
    with connection.cursor() as cursor:
        draw_run(run, cursor)
    count_in_transaction(run, Changes())
    record_in_transaction(run, exchange=None, started=started)
    return True


def count_in_transaction(run: SyncRun, changes: Changes) -> None:
    """Note what changed. A run that is believed answers those that stopped before it."""
    run.added, run.changed = changes.added, changes.changed
    run.withdrawn, run.returned = changes.withdrawn, changes.returned
    run.quarantined, run.repriced = changes.quarantined, changes.repriced
    if run.outcome != SyncOutcome.STOPPED:
        _waiting(run.provider).filter(pk__lt=run.pk).update(
            decision=RunDecision.OUTDATED, decided_at=Now()
        )


def _waiting(provider: Provider) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(
        provider=provider, outcome=SyncOutcome.STOPPED, decision=RunDecision.NONE
    )


def _asked_before(run: SyncRun) -> SyncRun | None:
    """Return the run that waits with the very same reply, if there is one."""
    same = _waiting(run.provider).filter(digest=run.digest, repeats=None)
    return same.order_by("-id").first()


def _keep(run: SyncRun, body: bytes) -> None:
    """Keep the whole reply, and let go of what is kept of old runs."""
    KeptCatalogue.objects.create(
        run=run, body=zlib.compress(body, LEVEL), size=len(body)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            FORGET, {"provider": run.provider.pk, "run": run.pk, "most": KEPT_RUNS - 1}
        )


def _rejection(row: Any) -> dict[str, Any]:
    return {
        "position": row.position,
        "upstream_id": row.upstream_id,
        "reason": str(row.reason),
        "detail": row.detail,
    }


def record_in_transaction(
    run: SyncRun, *, exchange: Exchange | None, started: float
) -> None:
    """Save the run, plan the next one, and tell the staff where it did not apply."""
    if exchange is not None and run.outcome != SyncOutcome.UNCHANGED:
        run.reply = archive(provider=run.provider, exchange=exchange)
    run.duration = int((time.monotonic() - started) * 1000)
    run.save(force_insert=True)
    if run.cause == RunCause.READING:
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
