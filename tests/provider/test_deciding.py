"""Stopped runs are approved or rejected, applied ones undone; each of it is a run."""

import zlib
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from notices.models import Notice
from provider import actions
from provider.actions.applying import KEPT_RUNS
from provider.enums import RunCause, RunDecision, SyncOutcome
from provider.models import (
    Category,
    Difference,
    KeptCatalogue,
    Offer,
    Provider,
    Quarantine,
    Service,
    ServiceChange,
    SyncRun,
)
from tests.factories import make_admin
from tests.provider.feeds import Feed, read, row, rows

pytestmark = pytest.mark.django_db(transaction=True)


def offers() -> list[dict[str, Any]]:
    """Return the offers but for when they changed."""
    unlike = {"changed_at"}
    return [
        {name: value for name, value in offer.items() if name not in unlike}
        for offer in Offer.objects.order_by("id").values()
    ]


def sold() -> list[tuple[Any, ...]]:
    return list(
        Service.objects.order_by("id").values_list(
            "name", "price", "type", "category__name", "off_reason"
        )
    )


def stop(provider: Provider, feed: Feed) -> SyncRun:
    """Let 20 services be known and a reply with 2 of them stop a run."""
    read(provider, feed, *rows(20))
    return read(provider, feed, row(1), row(2, name="Other"), row(21))


def kinds(run: SyncRun) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in Difference.objects.filter(run=run).values_list("kind", flat=True):
        found[kind] = found.get(kind, 0) + 1
    return found


def test_a_stopped_run_keeps_its_differences(provider: Provider, feed: Feed) -> None:
    run = stop(provider, feed)

    assert run.waits
    assert kinds(run) == {"gone": 18, "changed": 1, "new": 1}
    changed = Difference.objects.get(run=run, kind="changed")
    assert (changed.upstream_id, changed.fields, changed.old) == ("2", ["name"], None)
    assert run.catalogue.size == len(feed.body)


def test_what_is_approved_is_the_reply_that_stopped_not_a_newer_one(
    provider: Provider, feed: Feed
) -> None:
    by = make_admin()
    run = stop(provider, feed)
    feed.rows(*rows(20, name="Never read"))

    approving = actions.approve_run(run=run, by=by)

    assert (approving.outcome, approving.cause) == ("applied", RunCause.APPROVAL)
    assert (approving.origin, approving.by) == (run, by)
    assert (approving.withdrawn, approving.changed, approving.added) == (18, 1, 1)
    run.refresh_from_db()
    assert (run.decision, run.decided_by) == (RunDecision.APPROVED, by)
    assert Offer.objects.get(upstream_id="2").name == "Other"
    reasons = ServiceChange.objects.filter(kind="withdrawn").values_list(
        "reason", "run"
    )
    assert set(reasons) == {("approval", approving.pk)}


def test_the_key_is_not_in_the_reply_that_is_kept(
    provider: Provider, feed: Feed
) -> None:
    run = read(provider, feed, row(1, desc="your key is practice"))

    body = zlib.decompress(run.catalogue.body)
    assert b"your key is ***" in body
    assert b"practice" not in body


@pytest.mark.parametrize("again", [20, 21], ids=["unchanged", "applied"])
def test_a_run_that_is_outdated_is_not_applied(
    provider: Provider, feed: Feed, again: int
) -> None:
    run = stop(provider, feed)
    read(provider, feed, *rows(again))
    before = offers()

    with pytest.raises(actions.SyncError, match="does not wait any more"):
        actions.approve_run(run=run, by=None)

    run.refresh_from_db()
    assert run.decision == RunDecision.OUTDATED
    assert offers() == before
    assert SyncRun.objects.count() == 3


def test_a_rejected_run_changes_nothing_and_is_not_approved_later(
    provider: Provider, feed: Feed
) -> None:
    by = make_admin()
    run = stop(provider, feed)
    before = offers()

    actions.reject_run(run=run, by=by)

    with pytest.raises(actions.SyncError):
        actions.approve_run(run=run, by=by)
    with pytest.raises(actions.SyncError):
        actions.reject_run(run=run, by=by)
    run.refresh_from_db()
    assert (run.decision, run.decided_by) == (RunDecision.REJECTED, by)
    assert offers() == before


def test_the_same_reply_that_stops_again_asks_once(
    provider: Provider, feed: Feed
) -> None:
    run = stop(provider, feed)

    again = actions.sync(provider=provider)

    assert (again.outcome, again.repeats, again.waits) == ("stopped", run, False)
    assert kinds(again) == {}
    approving = actions.approve_run(run=again, by=None)
    assert approving.origin == run
    assert approving.outcome == SyncOutcome.APPLIED


def test_a_reply_without_rows_is_nothing_to_approve(
    provider: Provider, feed: Feed
) -> None:
    run = read(provider, feed)

    assert not run.waits
    with pytest.raises(actions.SyncError, match="not kept"):
        actions.approve_run(run=run, by=None)
    with pytest.raises(actions.SyncError):
        actions.reject_run(run=run, by=None)


def test_another_currency_stops_the_run(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1))
    feed.body = b'{"balance": "100", "currency": "KRW"}'
    with pytest.raises(actions.ProviderError):
        actions.read_balance(provider=provider)
    before = offers()

    run = read(provider, feed, row(1, rate="1.1"))

    assert run.outcome == SyncOutcome.STOPPED
    assert "in KRW, not in USD" in run.message
    assert offers() == before
    feed.body = b'{"balance": "100", "currency": "USD"}'
    actions.read_balance(provider=provider)
    assert read(provider, feed, row(1, rate="1.1")).outcome == SyncOutcome.APPLIED


def test_where_most_prices_jump_the_run_stops(provider: Provider, feed: Feed) -> None:
    read(provider, feed, *rows(20))
    before = offers()

    run = read(provider, feed, *rows(20, rate="1400"))

    assert run.outcome == SyncOutcome.STOPPED
    assert "20 of 20 prices would jump" in run.message
    assert offers() == before
    assert not Quarantine.objects.exists()
    approving = actions.approve_run(run=run, by=None)
    assert (approving.quarantined, approving.changed) == (20, 0)
    assert Service.objects.filter(off_reason="quarantined").count() == 20


def test_only_a_stopped_run_is_decided(provider: Provider) -> None:
    with pytest.raises(IntegrityError):
        SyncRun.objects.create(
            provider=provider, outcome="applied", decision="approved"
        )


def test_an_undone_run_leaves_everything_as_it_was_before_it(
    provider: Provider, feed: Feed
) -> None:
    by = make_admin()
    read(provider, feed, *rows(6), row(9))
    read(provider, feed, *rows(6))
    before, services = offers(), sold()
    run = read(
        provider,
        feed,
        row(1, name="Other", rate="1.2345", desc="New"),
        row(2, category="Voices"),
        row(3, rate="9"),
        row(4, type="Package"),
        row(8),
        row(9),
        *rows(6)[5:],
    )
    assert (run.added, run.changed, run.withdrawn, run.returned, run.quarantined) == (
        1, 2, 1, 1, 2,
    )  # fmt: skip

    undoing = actions.undo_run(run=run, by=by)

    assert (undoing.cause, undoing.origin, undoing.by) == (RunCause.UNDO, run, by)
    assert (undoing.outcome, undoing.returned, undoing.withdrawn) == ("applied", 1, 2)
    (added,) = [offer for offer in offers() if offer["upstream_id"] == "8"]
    assert added["withdrawn_at"]
    kept = [offer for offer in offers() if offer["upstream_id"] != "8"]
    moments = [offer.pop("withdrawn_at") is None for offer in kept]
    assert moments == [offer.pop("withdrawn_at") is None for offer in before]
    assert kept == before
    assert sold()[: len(services)] == services
    assert sold()[len(services) :] == [
        ("Subtitles 8", Decimal("1.5"), "default", "Subtitles", "withdrawn")
    ]
    assert not Quarantine.objects.filter(ended_at=None).exists()
    assert Service.objects.count() == 8
    assert Category.objects.count() == 2


def test_what_was_undone_does_not_come_again_by_itself(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2))
    run = read(provider, feed, row(1, rate="1.9"), row(2))
    actions.undo_run(run=run, by=None)

    again = actions.sync(provider=provider)

    assert again.outcome == SyncOutcome.STOPPED
    assert "has been undone" in again.message
    assert Notice.objects.filter(user=None).count() == 1
    assert Service.objects.order_by("id")[0].price == Decimal("1.5")
    actions.approve_run(run=again, by=None)
    assert Service.objects.order_by("id")[0].price == Decimal("2.85")
    assert read(provider, feed, row(1, rate="1.8"), row(2)).outcome == "applied"


def test_after_an_undo_the_old_catalogue_is_nothing_new(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2))
    run = read(provider, feed, row(1, rate="1.9"), row(2))
    actions.undo_run(run=run, by=None)

    assert read(provider, feed, row(1), row(2)).outcome == SyncOutcome.UNCHANGED


def test_what_is_restored_is_judged_as_it_is_again(
    provider: Provider, feed: Feed
) -> None:
    """Or an offer would stay refused, or get a refill window, for a name it has not."""
    read(provider, feed, row(1, name="Film"), row(2))
    before, services = offers(), sold()
    run = read(provider, feed, row(1, name="Google reviews | R30"), row(2))
    assert Offer.objects.get(upstream_id="1").refused_for == ["reviews"]
    assert Service.objects.order_by("id")[0].off_reason == "refused"

    actions.undo_run(run=run, by=None)

    assert (offers(), sold()) == (before, services)


def test_only_the_last_run_that_was_applied_is_undone(
    provider: Provider, feed: Feed
) -> None:
    first = read(provider, feed, row(1))
    last = read(provider, feed, row(1, rate="1.5"))
    unchanged = read(provider, feed, row(1, rate="1.5"))
    before = offers()

    for run in (first, unchanged):
        with pytest.raises(actions.SyncError, match="last run"):
            actions.undo_run(run=run, by=None)

    assert offers() == before
    actions.undo_run(run=last, by=None)
    assert Offer.objects.get().rate_seen == 1
    with pytest.raises(actions.SyncError, match="last run"):
        actions.undo_run(run=last, by=None)


def test_an_undo_can_be_undone(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1), row(2))
    run = read(provider, feed, row(1, rate="1.9"), row(2), row(3))
    before = offers()

    undoing = actions.undo_run(run=run, by=None)
    actions.undo_run(run=undoing, by=None)

    assert offers() == before
    assert {service[-1] for service in sold()} == {""}


def test_a_question_that_the_undone_run_answered_is_asked_again(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))
    read(provider, feed, row(1, rate="9"))
    run = read(provider, feed, row(1))
    assert Quarantine.objects.get().ended_at

    actions.undo_run(run=run, by=None)

    assert Offer.objects.get().rate_seen == 9
    assert Quarantine.objects.get().verdict == ""
    assert Service.objects.get().off_reason == "quarantined"


def test_of_old_runs_neither_reply_nor_differences_are_kept(
    provider: Provider, feed: Feed
) -> None:
    for number in range(KEPT_RUNS + 2):
        read(provider, feed, row(1, name=f"Name {number}"))

    runs = SyncRun.objects.order_by("-id").values_list("pk", flat=True)
    kept = set(runs[:KEPT_RUNS])
    assert SyncRun.objects.count() == KEPT_RUNS + 2
    assert set(KeptCatalogue.objects.values_list("run", flat=True)) == kept
    assert set(Difference.objects.values_list("run", flat=True)) == kept


def test_a_dry_run_shows_a_sample_of_the_differences(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(30))

    run = read(
        provider,
        feed,
        *rows(15, rate="1.5"),
        *rows(30)[15:29],
        *rows(60)[40:],
        dry_run=True,
    )

    found = [difference.kind for difference in run.sample]
    assert (found.count("new"), found.count("gone")) == (10, 1)
    assert found.count("changed") == 10
    assert not Difference.objects.exclude(kind="new").exists()
