"""What staff decide about the sync: stopped runs, applied ones, and odd changes."""

import zlib
from collections.abc import Iterable
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from provider import queries, restoring, staging
from provider.actions.applying import (
    Reading,
    apply_in_transaction,
    draw_run,
    name_in_transaction,
    note_compared,
    record_in_transaction,
)
from provider.actions.pricing import reprice_in_transaction
from provider.changes import because
from provider.enums import (
    ChangeReason,
    Oddity,
    RunCause,
    RunDecision,
    SyncOutcome,
    Verdict,
)
from provider.judging import judge
from provider.models import (
    KeptCatalogue,
    Offer,
    Provider,
    Quarantine,
    SyncRun,
)
from provider.protocol.readers import read_catalogue
from provider.upstream import phrases_of
from shop.statements import whole_tables


class SyncError(Exception):
    """A decision that was not taken; `message` is fit for staff."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


def approve_run(*, run: SyncRun, by: User | None) -> SyncRun:
    """Apply the reply that a stopped run kept; return the run that did.

    Its odd changes are quarantined all the same. SyncError where the run does not wait,
    a later run was believed meanwhile, or its reply is not kept any more.
    """
    asked = run.repeats or run
    started = monotonic()
    kept = KeptCatalogue.objects.filter(run=asked).first()
    if kept is None:
        raise SyncError(
            _("The reply of this run is not kept. Read the catalogue anew.")
        )
    body = zlib.decompress(kept.body)
    catalogue = read_catalogue(body, phrases=phrases_of(asked.provider_id))
    approving = SyncRun(
        provider=asked.provider, cause=RunCause.APPROVAL, origin=asked, by=by
    )
    _approve(asked, approving, Reading(catalogue, approve=True, started=started))
    return approving


@transaction.atomic(durable=True)
def _approve(asked: SyncRun, approving: SyncRun, reading: Reading) -> None:
    _decide(asked, RunDecision.APPROVED, approving.by)
    apply_in_transaction(approving, reading)


@transaction.atomic(durable=True)
def reject_run(*, run: SyncRun, by: User | None) -> None:
    """Note that a stopped run's reply is not right; SyncError where it does not wait."""
    _decide(run.repeats or run, RunDecision.REJECTED, by)


def _decide(run: SyncRun, decision: RunDecision, by: User | None) -> None:
    _lock([run.provider_id])
    waiting = SyncRun.objects.filter(
        pk=run.pk, outcome=SyncOutcome.STOPPED, decision=RunDecision.NONE
    ).exclude(digest="")
    if not waiting.update(decision=decision, decided_by=by, decided_at=Now()):
        raise SyncError(
            _("This run does not wait any more: it is decided, or a later one came.")
        )


def undo_run(*, run: SyncRun, by: User | None) -> SyncRun:
    """Put the offers back as they were before `run`; return the run that did.

    What was new is withdrawn, what was gone returns; questions that the run asked end,
    and those that it ended are asked again. Services and prices follow. The next reading
    that differs stops and asks, as it would bring the same again. SyncError unless it
    is the last run of its provider that was applied.
    """
    undoing = SyncRun(
        provider=run.provider,
        cause=RunCause.UNDO,
        origin=run,
        by=by,
        outcome=SyncOutcome.APPLIED,
    )
    _undo(run, undoing, monotonic())
    return undoing


@transaction.atomic(durable=True)
def _undo(run: SyncRun, undoing: SyncRun, started: float) -> None:
    _lock([run.provider_id])
    if not queries.is_last_applied(run=run):
        raise SyncError(_("Only the last run that changed something can be undone."))
    with whole_tables(), connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "provider": run.provider_id,
            "service": None,
            "run": draw_run(undoing, cursor),
            "undone": run.pk,
            "keep": True,
        }
        name_in_transaction(undoing)
        staging.create(cursor)
        for statement in restoring.OFFERS:
            cursor.execute(statement, parameters)
        judge(provider_id=run.provider_id, only_changed=True)
        for statement in restoring.SERVICES:
            cursor.execute(statement, parameters)
        cursor.execute(restoring.COUNT)
        undoing.rows, undoing.changed, undoing.withdrawn, undoing.returned = (
            cursor.fetchone()
        )
    undoing.repriced = reprice_in_transaction(provider_id=run.provider_id)
    note_compared(undoing)
    record_in_transaction(undoing, exchange=None, started=started)


@transaction.atomic(durable=True)
def approve_changes(*, numbers: Iterable[int], by: User | None) -> int:
    """Let the shop follow these quarantined changes; return how many there were.

    A price of zero is believed by withdrawing the offer. Rejected ones that still stand
    may be approved after all; what has ended meanwhile is left alone.
    """
    chosen = Quarantine.objects.filter(pk__in=list(numbers), ended_at=None)
    _lock(chosen.values_list("offer__provider", flat=True))
    zeroed = list(chosen.filter(oddity=Oddity.ZERO).values_list("offer", flat=True))
    followed = chosen.update(
        verdict=Verdict.APPROVED, decided_by=by, decided_at=Now(), ended_at=Now()
    )
    Offer.objects.filter(pk__in=zeroed, withdrawn_at=None).update(
        withdrawn_at=Now(), changed_at=Now()
    )
    _follow(by)
    return followed


@transaction.atomic(durable=True)
def reject_changes(*, numbers: Iterable[int], by: User | None) -> int:
    """Keep the old price and type of what waits; return how many there were.

    Such a service is sold on where that earns on the newest cost. It is not asked about
    again until the provider says something else.
    """
    chosen = Quarantine.objects.filter(pk__in=list(numbers), verdict=Verdict.NONE)
    _lock(chosen.values_list("offer__provider", flat=True))
    kept = chosen.update(verdict=Verdict.REJECTED, decided_by=by, decided_at=Now())
    _follow(by)
    return kept


def _follow(by: User | None) -> None:
    because(ChangeReason.VERDICT, by=by)
    with whole_tables(), connection.cursor() as cursor:
        cursor.execute(staging.FOLLOW, {"provider": None, "service": None})
    reprice_in_transaction()


def _lock(provider_ids: Iterable[int]) -> None:
    """Lock the providers, in order: no sync of theirs runs meanwhile."""
    rows = Provider.objects.filter(pk__in=set(provider_ids)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
