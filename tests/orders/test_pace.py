"""When something is asked about again: by the database's clock, whatever ours says."""

from datetime import UTC, datetime, timedelta

from django.test import override_settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from orders.pace import interval, reread

AT = datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_the_longer_nothing_moves_the_later_it_is_asked(settings: Settings) -> None:
    waits = [
        interval(AT - timedelta(minutes=minutes), at=AT) for minutes in (0, 10, 60 * 24)
    ]

    assert waits == [settings.TRACK_INTERVAL, 120, settings.TRACK_INTERVAL_MAX]


def test_a_change_that_lies_ahead_is_asked_about_within_the_interval(
    settings: Settings,
) -> None:
    assert interval(AT + timedelta(days=1), at=AT) == settings.TRACK_INTERVAL


def test_what_has_ended_is_read_after_an_hour_then_doubling_up_to_a_day() -> None:
    at, hours = AT, []
    while (wait := reread(AT, at=at)) is not None:
        hours.append(wait / 3600)
        at += timedelta(seconds=wait)

    assert hours == [1, 2, 4, 8, 16, *[24] * 5]
    assert at <= AT + timedelta(days=7)


def test_what_is_just_ending_is_read_in_an_hour() -> None:
    assert reread(None, at=AT) == 3600


@hypothesis_settings(deadline=None)
@given(st.integers(-100, 10_000), st.integers(0, 30))
def test_a_reading_never_lies_beyond_the_last_day(hours: int, days: int) -> None:
    at = AT + timedelta(hours=hours)
    with override_settings(REREAD_DAYS=days):
        wait = reread(AT, at=at)

    if wait is not None:
        assert 3600 <= wait <= 24 * 3600
        assert max(at, AT) + timedelta(seconds=wait) <= AT + timedelta(days=days)
