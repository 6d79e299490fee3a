"""The catalogue follows the provider, and survives whatever it says."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from notices.models import Notice
from provider import actions
from provider.enums import SyncOutcome
from provider.models import Category, Offer, Provider, Service, SyncRun
from tests.factories import make_provider
from tests.provider.feeds import Feed, read, row

pytestmark = pytest.mark.django_db(transaction=True)


def only() -> Service:
    return Service.objects.get()


def test_a_first_reading_puts_services_on_sale_with_the_markup(
    provider: Provider, feed: Feed
) -> None:
    run = read(provider, feed, row(1), row(2, category="Voices", rate="0.123"))

    assert (run.outcome, run.added, run.rows) == (SyncOutcome.APPLIED, 2, 2)
    assert [c.name for c in Category.objects.order_by("position")] == [
        "Subtitles",
        "Voices",
    ]
    prices = list(Service.objects.order_by("id").values_list("price", flat=True))
    assert prices == [Decimal("1.5"), Decimal("0.1845")]
    assert all(service.on_sale for service in Service.objects.all())


def test_the_same_catalogue_again_writes_nothing(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2))
    before = _versions()
    actions.request_sync(provider=provider)

    run = read(provider, feed, row(1), row(2))

    assert run.outcome == SyncOutcome.UNCHANGED
    assert _versions() == before


def _versions() -> list[Any]:
    """Return the physical versions of every row that a sync may write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'o', id, xmin::text FROM provider_offer UNION ALL "
            "SELECT 's', id, xmin::text FROM provider_service UNION ALL "
            "SELECT 'c', id, xmin::text FROM provider_category ORDER BY 1, 2"
        )
        return cursor.fetchall()


def test_the_number_of_statements_does_not_grow_with_the_rows(
    provider: Provider, feed: Feed
) -> None:
    def statements(count: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            read(provider, feed, *(row(n) for n in range(1, count + 1)))
        return len(queries)

    statements(1)
    assert statements(5) == statements(500)


def test_without_publish_new_services_arrive_switched_off(feed: Feed) -> None:
    provider = make_provider(url=feed.url)

    read(provider, feed, row())

    assert not only().on_sale
    assert actions.publish_services(provider=provider) == 1
    assert only().on_sale


def test_an_unknown_type_is_imported_off_with_the_reason(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(type="Special"), row(2, type="Subscriptions"))

    reasons = Service.objects.order_by("id").values_list("off_reason", flat=True)
    assert list(reasons) == ["type_unknown", ""]


def test_a_rate_that_rises_raises_the_price(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row())

    run = read(provider, feed, row(rate="2"))

    assert (run.changed, run.repriced) == (1, 1)
    assert only().price == 3


def test_what_is_withdrawn_is_not_sold_until_it_returns(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2))

    run = read(provider, feed, row(2))
    assert run.withdrawn == 1
    assert Service.objects.get(routes__offer__upstream_id="1").off_reason == "withdrawn"

    run = read(provider, feed, row(1), row(2))
    assert run.returned == 1
    assert Service.objects.get(routes__offer__upstream_id="1").on_sale
    assert Offer.objects.count() == 2


def test_what_staff_switched_off_stays_off(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row())
    Service.objects.update(active=False)

    read(provider, feed, row(rate="2"))

    assert not only().on_sale


def test_what_staff_wrote_stays(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row())
    Service.objects.update(name="Ours", min=20, set_by_hand=["name", "min"])

    read(provider, feed, row(name="Theirs", min="5", max="500", refill=False))

    service = only()
    assert (service.name, service.min, service.refill) == ("Ours", 20, False)


def test_a_reply_that_looks_cut_changes_nothing_until_it_is_approved(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *(row(n) for n in range(1, 31)))

    run = read(provider, feed, row(1))
    assert run.outcome == SyncOutcome.STOPPED
    assert not Offer.objects.exclude(withdrawn_at=None).exists()
    assert Notice.objects.filter(user=None).count() == 1

    run = read(provider, feed, row(1), approve=True)
    assert run.outcome == SyncOutcome.APPLIED
    assert Offer.objects.exclude(withdrawn_at=None).count() == 29


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"",
        b"<html>Just a moment...</html>",
        b'[{"service": 1, "name": "Sub',
        b'{"error": "Invalid API key"}',
        b'{"error": "Too many requests"}',
        b"null",
        b'[{"service": 1}]',
    ],
    ids=["empty list", "empty", "html", "cut", "error", "limit", "null", "no row"],
)
def test_a_broken_reply_changes_nothing_and_tells_the_staff(
    provider: Provider, feed: Feed, body: bytes
) -> None:
    read(provider, feed, row())
    feed.body = body

    run = actions.sync(provider=provider)

    assert run.outcome in {SyncOutcome.FAILED, SyncOutcome.STOPPED}
    assert run.message
    assert only().on_sale
    assert Notice.objects.filter(user=None).count() == 1


def test_a_failing_sync_tells_the_staff_once_a_day(
    provider: Provider, feed: Feed
) -> None:
    feed.body = b""

    for _ in range(3):
        actions.sync(provider=provider)

    assert Notice.objects.count() == 1
    assert SyncRun.objects.count() == 3


def test_a_provider_that_is_down_changes_nothing(settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    provider = make_provider()

    run = actions.sync(provider=provider)

    assert run.outcome == SyncOutcome.FAILED
    assert "practice" not in run.message
    assert not Service.objects.exists()


def test_every_rejected_row_has_its_reason(provider: Provider, feed: Feed) -> None:
    run = read(
        provider, feed, row(), row(2, rate="0"), row(3, min="5", max="1"), row(1)
    )

    assert [(r["position"], r["reason"]) for r in run.rejected] == [
        (2, "rate_not_positive"),
        (3, "min_above_max"),
        (4, "duplicate_id"),
    ]
    assert Service.objects.count() == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    provider: Provider, feed: Feed
) -> None:
    run = read(provider, feed, row(), dry_run=True)

    assert (run.added, run.pk) == (1, None)
    assert not Offer.objects.exists()
    assert not SyncRun.objects.exists()


def test_without_a_rate_of_exchange_nothing_is_sold(
    feed: Feed, settings: Settings
) -> None:
    provider = make_provider(
        url=feed.url, currency="KRW", publish=True, markup=Decimal(0)
    )
    read(provider, feed, row(rate="1400"))
    assert only().off_reason == "price_check"

    actions.set_exchange_rate(base="KRW", rate=Decimal("0.0007"))

    assert only().on_sale
    assert only().price == Decimal("0.98")


def test_two_providers_with_the_same_ids_keep_apart(
    provider: Provider, feed: Feed
) -> None:
    other = make_provider(url=feed.url, publish=True)

    read(provider, feed, row())
    read(other, feed, row(rate="9"))

    assert Service.objects.count() == 2
    assert {o.rate_seen for o in Offer.objects.all()} == {Decimal(1), Decimal(9)}


def test_odd_texts_are_taken_as_they_can_be_kept(
    provider: Provider, feed: Feed
) -> None:
    run = read(
        provider, feed, row(name="자막 🎬\u0000 " + "x" * 5000, category="c" * 900)
    )

    assert run.added == 1
    assert only().name.startswith("자막 🎬")
    assert len(only().name) == 1000
    assert len(only().category.name) == 300


def test_a_rule_change_prices_everything_in_one_statement(
    provider: Provider, feed: Feed, django_assert_num_queries: Callable[..., Any]
) -> None:
    read(provider, feed, *(row(n) for n in range(1, 20)))
    provider.markuprule_set.update(percent=100)

    with django_assert_num_queries(
        5
    ):  # BEGIN, a plan for many rows, the statement, back, COMMIT
        assert actions.reprice() == 19

    assert set(Service.objects.values_list("price", flat=True)) == {Decimal(2)}
