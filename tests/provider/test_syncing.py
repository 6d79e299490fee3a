"""Runs of the sync: when one is believed, what it leaves behind, and who is told."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from pytest_django import Settings

from notices.models import Notice
from provider import actions
from provider.actions.syncing import Changes
from provider.enums import SyncOutcome
from provider.models import Category, Offer, Provider, Reply, Service, SyncRun
from tests.factories import make_provider
from tests.fixtures import Upstream
from tests.provider.feeds import Feed, read, row, rows

db = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("known", "gone", "cut"),
    [
        (0, 0, False),
        (1, 1, True),
        (2, 1, False),
        (2, 2, True),
        (10, 5, False),
        (10, 6, True),
        (20, 10, False),
        (20, 11, True),
        (1000, 300, False),
        (1000, 301, True),
        (1000, 950, True),
    ],
)
def test_a_reply_looks_cut_where_too_much_would_go(
    known: int, gone: int, cut: bool
) -> None:
    assert Changes(known=known, withdrawn=gone).look_cut() is cut


@db
@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_a_reply_with_a_twentieth_of_the_catalogue_takes_nothing_off_sale(
    provider: Provider, feed: Feed, count: int
) -> None:
    read(provider, feed, *rows(count))

    run = read(provider, feed, *rows(count // 20), row(999))

    assert run.outcome == SyncOutcome.STOPPED
    assert f"{count - count // 20} of {count} services would go" in run.message
    assert Service.objects.filter(active=True, off_reason="").count() == count
    assert not Offer.objects.filter(upstream_id="999").exists()


@db
def test_approval_does_not_make_an_empty_reply_a_catalogue(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row())

    run = read(provider, feed, approve=True)

    assert run.outcome == SyncOutcome.STOPPED
    assert "no usable service" in run.message
    assert Service.objects.get().on_sale


@db
def test_a_reply_whose_rows_are_mostly_garbage_looks_cut(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(40))

    run = read(provider, feed, *rows(10), *[row(n, min="x") for n in range(11, 41)])

    assert run.outcome == SyncOutcome.STOPPED
    assert len(run.rejected) == 30
    assert not Offer.objects.exclude(withdrawn_at=None).exists()


@db
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (503, b"<html>Just a moment...</html>", "web page"),
        (502, b"", "empty answer"),
        (301, b"", "sends us on"),
        (429, b"", "fewer calls"),
        (200, b'[{"service": 1, "name": "Sub', "cannot be read"),
        (200, b'{"balance": "1"}', "something else"),
        (401, b'{"error": "Invalid API key"}', "refuses us: “Invalid API key”"),
        (200, b'{"error": "key practice is wrong"}', "key *** is wrong"),
    ],
)
def test_a_failure_says_in_one_line_what_to_do(
    provider: Provider, feed: Feed, status: int, body: bytes, message: str
) -> None:
    feed.status, feed.body = status, body

    run = actions.sync(provider=provider)

    assert run.outcome == SyncOutcome.FAILED
    assert message in run.message
    assert "practice" not in run.message
    assert "\n" not in run.message
    assert Notice.objects.get().text == run.message
    assert run.reply
    assert "practice" not in run.reply.body


@db
def test_a_provider_that_is_too_slow_changes_nothing(
    provider: Provider, feed: Feed, settings: Settings
) -> None:
    read(provider, feed, row())
    feed.rows(row(rate="9"))
    feed.delay, settings.HTTP_DEADLINE = 0.6, 0.2

    run = actions.sync(provider=provider)

    assert run.outcome == SyncOutcome.FAILED
    assert "in time" in run.message
    assert Service.objects.get().price == Decimal("1.5")


@db
def test_failing_and_stopping_are_two_things_to_tell(
    provider: Provider, feed: Feed
) -> None:
    other = make_provider(url=feed.url)
    for body in (b"[]", b"", b"[]", b""):
        feed.body = body
        actions.sync(provider=provider)
        actions.sync(provider=other)

    assert Notice.objects.count() == 4
    assert SyncRun.objects.count() == 8


@db
def test_a_failure_is_told_again_the_next_day(provider: Provider, feed: Feed) -> None:
    feed.body = b""
    actions.sync(provider=provider)
    Notice.objects.update(key=f"sync:{provider.pk}:failed:2001-01-01")

    actions.sync(provider=provider)

    assert Notice.objects.count() == 2


@db
def test_the_next_reading_is_due_an_interval_later(
    provider: Provider, feed: Feed
) -> None:
    for body, was_read in ((b"", False), (b"[]", True)):
        feed.body = body
        Provider.objects.update(next_sync_at=F("next_sync_at") - timedelta(days=1))

        actions.sync(provider=provider)

        provider.refresh_from_db()
        assert provider.next_sync_at > provider.created_at + timedelta(minutes=10)
        assert (provider.synced_at is not None) is was_read


@db
def test_only_replies_that_mattered_are_kept(provider: Provider, feed: Feed) -> None:
    first = read(provider, feed, row())
    again = read(provider, feed, row())

    assert first.reply == Reply.objects.get()
    assert again.reply is None
    assert (again.outcome, again.rows) == (SyncOutcome.UNCHANGED, 1)


@db
def test_a_dry_run_of_a_later_catalogue_leaves_every_row_as_it_was(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2), row(3))
    before = list(Service.objects.order_by("id").values())
    offers = list(Offer.objects.order_by("id").values())

    run = read(
        provider, feed, row(1, rate="2"), row(2), row(4, category="New"), dry_run=True
    )

    assert (run.added, run.changed, run.withdrawn, run.pk) == (1, 1, 1, None)
    assert list(Service.objects.order_by("id").values()) == before
    assert list(Offer.objects.order_by("id").values()) == offers
    assert Category.objects.count() == SyncRun.objects.count() == 1


@db
def test_a_dry_run_of_a_provider_that_is_down_leaves_no_trace(
    provider: Provider, feed: Feed
) -> None:
    feed.body = b""

    run = actions.sync(provider=provider, dry_run=True)

    assert (run.outcome, run.pk) == (SyncOutcome.FAILED, None)
    assert not SyncRun.objects.exists()
    assert not Notice.objects.exists()
    assert not Reply.objects.exists()


@db
@pytest.mark.parametrize(("setting", "flag"), [(True, False), (False, True)])
def test_a_run_may_publish_otherwise_than_the_provider_is_set(
    provider: Provider, feed: Feed, setting: bool, flag: bool
) -> None:
    Provider.objects.update(publish=setting)
    read(provider, feed, row(1))

    read(provider, feed, row(1), row(2), publish=flag)

    active = Service.objects.order_by("id").values_list("active", flat=True)
    assert list(active) == [setting, flag]


@db
def test_a_provider_in_won_sells_in_dollars(feed: Feed) -> None:
    provider = make_provider(url=feed.url, currency="KRW", markup=Decimal(30))
    actions.set_exchange_rate(base="KRW", rate=Decimal("0.000725"))

    read(provider, feed, row(rate="1400"))

    assert Offer.objects.get().rate_seen == 1400
    assert Service.objects.get().price == Decimal("1.3195")


@db
def test_a_thousand_rows_take_as_many_statements_as_ten(
    provider: Provider, feed: Feed, django_assert_num_queries: Callable[..., object]
) -> None:
    read(provider, feed, *rows(10))
    # What was compared last, the phrases. BEGIN, provider, the run's number, tables, COPY,
    # compare, whether the last was undone, the reason's name, differences, what is
    # written, name rules, refused words, COPY, two for quarantine, eight that write,
    # prices, what was compared, runs that waited, reply, run, provider, catalogue,
    # forget, COMMIT.
    with django_assert_num_queries(38):  # type: ignore[attr-defined]
        run = read(provider, feed, *rows(1000))

    assert run.added == 990


def test_the_demo_catalogue_is_read_without_a_remainder(upstream: Upstream) -> None:
    run = SyncRun.objects.get()

    assert run.rejected == []
    assert (
        run.rows == run.added == Offer.objects.count() == len(upstream.vendor.catalogue)
    )
    # Its panel answers polls, which nobody has accepted yet.
    refused = Service.objects.exclude(off_reason="").values_list("type", "off_reason")
    assert list(refused) == [("poll", "refused")] * 2
