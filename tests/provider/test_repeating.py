"""A catalogue that is the very one that was compared last is not read a second time."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from provider import actions, queries
from provider.enums import RunDecision, SyncOutcome
from provider.models import Offer, Provider, Service, SyncRun
from tests.admin.acting import log_in, text_of
from tests.factories import make_admin
from tests.provider.feeds import Feed, read, row, rows

pytestmark = pytest.mark.django_db(transaction=True)


def spoil() -> None:
    """Change an offer behind the sync's back, so that a comparison would show."""
    Offer.objects.filter(upstream_id="1").update(name="Spoiled")


def is_spoiled() -> bool:
    return Offer.objects.filter(name="Spoiled").exists()


def test_the_very_same_reply_is_not_compared_again(
    provider: Provider, feed: Feed
) -> None:
    odd = row(2, rate="many")
    first = read(provider, feed, row(1), odd)
    spoil()

    run = read(provider, feed, row(1), odd)

    assert is_spoiled()
    assert (run.outcome, run.rows, run.repeats) == (SyncOutcome.UNCHANGED, 2, first)
    assert (first.outcome, len(first.rejected), run.rejected) == ("applied", 1, [])
    assert read(provider, feed, row(1), odd).repeats == first


def test_any_other_reply_is_compared(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1), row(2))
    spoil()

    run = read(provider, feed, row(2), row(1))

    assert not is_spoiled()
    assert (run.outcome, run.repeats) == (SyncOutcome.APPLIED, None)


def test_after_a_day_the_same_reply_is_compared(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1))
    spoil()
    old = Now() - timedelta(hours=queries.COMPARE_HOURS)
    Provider.objects.update(compared_at=old)

    read(provider, feed, row(1))

    assert not is_spoiled()


@pytest.mark.parametrize(
    "asking", ["by a button", "as settings", "in a dry run", "by a command"]
)
def test_who_asks_has_it_compared(provider: Provider, feed: Feed, asking: str) -> None:
    read(provider, feed, row(1))
    spoil()

    if asking == "by a button":
        actions.request_sync(provider=provider)
    elif asking == "as settings":
        actions.save_provider(provider=provider)
    run = read(
        provider,
        feed,
        row(1),
        dry_run=asking == "in a dry run",
        anew=asking == "by a command",
    )

    assert (run.outcome, run.changed) == (SyncOutcome.APPLIED, 1)


def test_what_was_undone_is_compared_with_the_reply(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(10))
    actions.undo_run(run=read(provider, feed, *rows(10, rate="1.2")), by=None)
    assert Service.objects.filter(price=1.5).count() == 10

    run = read(provider, feed, *rows(10, rate="1.2"))

    # It stops as it did before, and changes nothing unasked.
    assert run.repeats is None
    assert run.outcome == SyncOutcome.STOPPED
    assert Service.objects.filter(price=1.5).count() == 10


def test_a_reply_that_is_believed_again_answers_one_that_stopped(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(20))
    cut = read(provider, feed, row(1))
    assert cut.outcome == SyncOutcome.STOPPED

    run = read(provider, feed, *rows(20))

    assert run.outcome == SyncOutcome.UNCHANGED
    cut.refresh_from_db()
    assert cut.decision == RunDecision.OUTDATED


def test_offers_that_changed_meanwhile_are_compared(
    provider: Provider, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(provider, feed, row(1))
    spoil()
    known = queries.compared_digest(provider=provider)
    monkeypatch.setattr(queries, "compared_digest", lambda **_named: known)
    # As if another sync had ended between the question and the answer.
    Provider.objects.update(catalogue_digest="0" * 64)

    run = read(provider, feed, row(1))

    assert not is_spoiled()
    assert (run.outcome, run.repeats) == (SyncOutcome.APPLIED, None)
    assert SyncRun.objects.count() == 2


def test_staff_see_the_rows_that_were_rejected_when_it_was_read(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2, rate="many"))
    run = read(provider, feed, row(1), row(2, rate="many"))
    client: Client = log_in(make_admin())

    page = client.get(reverse("admin:provider_syncrun_change", args=[run.pk]))
    listed = client.get(reverse("admin:provider_syncrun_changelist"))

    assert "bad_rate" in text_of(page)
    assert "Differences" not in text_of(page)
    assert [one.refused_rows for one in listed.context["cl"].result_list] == [1, 1]
