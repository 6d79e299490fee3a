"""Odd rows of a catalogue: asked about once, kept off the selling side meanwhile."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from provider import actions
from provider.enums import Oddity, SyncOutcome, Verdict
from provider.models import Offer, Provider, Quarantine, Service
from tests.factories import make_admin, make_service
from tests.provider.feeds import Feed, approve_all, read, row, rows

pytestmark = pytest.mark.django_db(transaction=True)

ODD: dict[str, dict[str, Any]] = {
    Oddity.ZERO: {"rate": "0"},
    Oddity.TYPE: {"type": "Package"},
    Oddity.RISE: {"rate": "2.01"},
    Oddity.FALL: {"rate": "0.49"},
}


def service_of(upstream_id: int) -> Service:
    return Service.objects.get(routes__offer__upstream_id=str(upstream_id))


def waiting() -> list[Quarantine]:
    return list(Quarantine.objects.filter(verdict="").order_by("id"))


def state(upstream_id: int = 1) -> tuple[Decimal | None, str, str]:
    service = service_of(upstream_id)
    return service.price, service.type, service.off_reason


@pytest.mark.parametrize("oddity", ODD)
def test_an_odd_row_is_kept_aside_while_the_others_apply(
    provider: Provider, feed: Feed, oddity: str
) -> None:
    read(provider, feed, row(1), row(2))

    run = read(provider, feed, row(1, **ODD[oddity]), row(2, rate="1.5"), row(3))

    assert (run.outcome, run.added, run.changed, run.quarantined, run.withdrawn) == (
        SyncOutcome.APPLIED, 1, 1, 1, 0,
    )  # fmt: skip
    (asked,) = waiting()
    assert (asked.oddity, asked.run, asked.offer.upstream_id) == (oddity, run, "1")
    assert (asked.old_rate, asked.old_type) == (1, "default")
    off_reason = "" if oddity == Oddity.FALL else "quarantined"
    assert state(1) == (Decimal("1.5"), "default", off_reason)
    assert state(2) == (Decimal("2.25"), "default", "")
    assert service_of(3).on_sale


@pytest.mark.parametrize("oddity", ODD)
def test_the_same_odd_row_again_is_the_same_question(
    provider: Provider, feed: Feed, oddity: str
) -> None:
    read(provider, feed, row(1), row(2))
    read(provider, feed, row(1, **ODD[oddity]), row(2))
    before = list(Quarantine.objects.values())

    run = read(provider, feed, row(1, **ODD[oddity]), row(2))

    assert (run.outcome, run.quarantined) == (SyncOutcome.UNCHANGED, 0)
    assert list(Quarantine.objects.values()) == before


@pytest.mark.parametrize("oddity", ODD)
def test_what_comes_back_answers_itself(
    provider: Provider, feed: Feed, oddity: str
) -> None:
    read(provider, feed, row(1), row(2))
    read(provider, feed, row(1, **ODD[oddity]), row(2))

    run = read(provider, feed, row(1), row(2))

    asked = Quarantine.objects.get()
    assert (asked.verdict, asked.ended_run) == (Verdict.ITSELF, run)
    assert (run.outcome, run.quarantined) == (SyncOutcome.APPLIED, 0)
    assert state() == (Decimal("1.5"), "default", "")
    assert read(provider, feed, row(1), row(2)).outcome == SyncOutcome.UNCHANGED


@pytest.mark.parametrize(
    ("oddity", "after"),
    [
        (Oddity.ZERO, (Decimal("1.5"), "default", "withdrawn")),
        (Oddity.TYPE, (Decimal("1.5"), "package", "")),
        (Oddity.RISE, (Decimal("3.015"), "default", "")),
        (Oddity.FALL, (Decimal("0.735"), "default", "")),
    ],
)
def test_what_is_approved_is_followed(
    provider: Provider, feed: Feed, oddity: str, after: tuple[Any, ...]
) -> None:
    by = make_admin()
    read(provider, feed, row(1), row(2))
    read(provider, feed, row(1, **ODD[oddity]), row(2))
    (asked,) = waiting()

    assert actions.approve_changes(numbers=[asked.pk], by=by) == 1

    assert state() == after
    asked.refresh_from_db()
    assert (asked.verdict, asked.decided_by) == (Verdict.APPROVED, by)
    again = read(provider, feed, row(1, **ODD[oddity]), row(2))
    assert again.outcome == SyncOutcome.UNCHANGED
    assert state() == after
    assert actions.approve_changes(numbers=[asked.pk], by=by) == 0


@pytest.mark.parametrize(
    ("oddity", "off_reason"),
    [
        (Oddity.ZERO, ""),
        (Oddity.TYPE, "quarantined"),
        (Oddity.RISE, "price_check"),
        (Oddity.FALL, ""),
    ],
)
def test_what_is_rejected_keeps_the_old_and_sells_it_only_where_that_is_safe(
    provider: Provider, feed: Feed, oddity: str, off_reason: str
) -> None:
    by = make_admin()
    read(provider, feed, row(1), row(2))
    read(provider, feed, row(1, **ODD[oddity]), row(2))
    (asked,) = waiting()

    assert actions.reject_changes(numbers=[asked.pk], by=by) == 1

    assert state() == (Decimal("1.5"), "default", off_reason)
    again = read(provider, feed, row(1, **ODD[oddity]), row(2))
    assert again.outcome == SyncOutcome.UNCHANGED
    assert waiting() == []
    assert actions.reject_changes(numbers=[asked.pk], by=by) == 0
    read(provider, feed, row(1), row(2))
    asked.refresh_from_db()
    assert (asked.verdict, asked.decided_by) == (Verdict.REJECTED, by)
    assert asked.ended_at
    assert state() == (Decimal("1.5"), "default", "")


def test_another_odd_value_is_another_question_about_the_same_old_one(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))
    read(provider, feed, row(1, rate="9"))
    (first,) = waiting()

    read(provider, feed, row(1, rate="12"))

    (second,) = waiting()
    assert (second.old_rate, second.new_rate) == (1, 12)
    first.refresh_from_db()
    assert first.verdict == Verdict.SUPERSEDED
    # Who looked at the first price has not approved the second.
    assert actions.approve_changes(numbers=[first.pk], by=None) == 0
    assert state()[2] == "quarantined"


def test_a_rejected_one_may_be_approved_after_all(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))
    read(provider, feed, row(1, rate="9"))
    (asked,) = waiting()
    actions.reject_changes(numbers=[asked.pk], by=None)

    assert actions.approve_changes(numbers=[asked.pk], by=None) == 1

    assert state() == (Decimal("13.5"), "default", "")


def test_a_rise_that_still_earns_is_sold_at_the_old_price_once_rejected(
    provider: Provider, feed: Feed
) -> None:
    provider.markuprule_set.update(percent=900)
    read(provider, feed, row(1))
    read(provider, feed, row(1, rate="3"))
    assert state() == (Decimal(10), "default", "quarantined")

    actions.reject_changes(numbers=[waiting()[0].pk], by=None)

    assert state() == (Decimal(10), "default", "")


def test_the_newest_cost_is_known_while_a_rise_waits(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))

    read(provider, feed, row(1, rate="9", name="Subtitles, better"))

    assert Offer.objects.get().rate_seen == 9
    assert service_of(1).name == "Subtitles, better"


@pytest.mark.parametrize(
    ("share", "rate", "odd"),
    [("100", "2", False), ("100", "2.01", True), ("100", "0.5", False),
     ("100", "0.49", True), ("50", "1.5", False), ("50", "1.51", True),
     ("50", "0.66", True), ("50", "0.67", False)],
)  # fmt: skip
def test_what_a_jump_is_can_be_set(
    provider: Provider, feed: Feed, settings: Settings, share: str, rate: str, odd: bool
) -> None:
    settings.PRICE_JUMP = Decimal(share)
    read(provider, feed, row(1))

    run = read(provider, feed, row(1, rate=rate))

    assert (run.quarantined, run.changed) == ((1, 0) if odd else (0, 1))


def test_a_price_that_creeps_is_followed(provider: Provider, feed: Feed) -> None:
    for rate in ("1", "1.9", "3.6"):
        read(provider, feed, row(1, rate=rate))

    assert waiting() == []
    assert state()[0] == Decimal("5.4")


def test_new_rows_are_never_odd_but_those_without_a_price_are_not_taken(
    provider: Provider, feed: Feed
) -> None:
    run = read(provider, feed, row(1, rate="9000"), row(2, rate="0"))

    assert (run.added, run.quarantined) == (1, 0)
    assert [found["reason"] for found in run.rejected] == ["rate_not_positive"]


def test_what_returns_at_an_odd_price_is_asked_about(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2))
    read(provider, feed, row(2))

    run = read(provider, feed, row(1, rate="9"), row(2))

    assert (run.quarantined, run.returned) == (1, 0)
    assert state()[2] == "quarantined"


def test_what_is_gone_stays_asked_about_and_answers_itself_when_it_returns(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2))
    read(provider, feed, row(1, rate="9"), row(2))

    assert read(provider, feed, row(2)).withdrawn == 1
    assert len(waiting()) == 1
    assert state()[2] == "withdrawn"

    read(provider, feed, row(1), row(2))
    assert waiting() == []
    assert state() == (Decimal("1.5"), "default", "")


def test_all_that_waits_is_approved_in_one_go_and_as_many_statements(
    provider: Provider, feed: Feed, django_assert_num_queries: Callable[..., Any]
) -> None:
    read(provider, feed, *rows(40))
    read(provider, feed, *rows(10, rate="9"), *rows(40)[10:])
    assert len(waiting()) == 10

    numbers = [asked.pk for asked in waiting()]
    # BEGIN, providers, lock, zeros, answer, withdraw, reason, follow, prices, COMMIT.
    with django_assert_num_queries(13):
        assert actions.approve_changes(numbers=numbers, by=None) == 10

    assert Service.objects.filter(price=Decimal("13.5")).count() == 10


def test_a_type_that_becomes_known_is_no_oddity(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1, type="Special"))

    run = read(provider, feed, row(1))

    assert (run.changed, run.quarantined) == (1, 0)
    assert service_of(1).on_sale


def test_one_offer_has_one_question_at_a_time() -> None:
    offer = Offer.objects.get(routes__service=make_service())
    values: dict[str, Any] = {
        "offer": offer, "oddity": "rise", "old_rate": 1, "new_rate": 9,
    }  # fmt: skip
    Quarantine.objects.create(**values)
    now = timezone.now()

    for broken in (
        values,
        {**values, "verdict": "approved"},
        {**values, "verdict": "approved", "decided_at": now},
        {**values, "ended_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Quarantine.objects.create(**broken)

    Quarantine.objects.create(
        **values, verdict="approved", decided_at=now, ended_at=now
    )
    assert Quarantine.objects.count() == 2


def test_approving_needs_nothing_to_wait(provider: Provider, feed: Feed) -> None:
    assert approve_all() == 0
