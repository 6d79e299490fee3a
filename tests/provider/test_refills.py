"""The refill window that a name promises."""

import pytest

from provider.refills import Window, window_of


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("Followers | R30", 30),
        ("Followers R-60 Instant", 60),
        ("Refill 30 days", 30),
        ("( Refill: 30 Days ♻️ ) Start: INSTANT", 30),
        ("50/Day | 60 Days Refill 🔥", 60),
        ("1k-5k/Day 30 Days Refill", 30),
        ("365 Days Auto Refill", 365),
        ("30-Day Refill", 30),
        ("30D Refill", 30),
        ("3 Months Guarantee", 90),
        ("1 Year Warranty", 365),
        ("30일 리필", 30),
        ("리필 30일", 30),
        ("30일 이내 무료 리필", 30),
        ("3개월 보장", 90),
        ("1년 보증", 365),
        ("Bảo hành 30 ngày", 30),
        ("Bảo hành 1 tháng", 30),
        ("Гарантия 30 дней", 30),
        ("30 gün telafi", 30),
        ("30 días de garantía", 30),
        ("30 dias de garantia", 30),
        ("Lifetime Refill", None),
        ("No Refill", None),
        ("Followers", None),
        ("R2 drive", None),
        ("Model R300", None),
        ("XR30", None),
        ("Speed 30/Day", None),
        ("0 Days Refill", None),
        ("9999 Days Refill", None),
    ],
)
def test_days_are_read_from_a_name(name: str, days: int | None) -> None:
    assert window_of(name) == Window(days=days)


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("R30 | Refill button after 24 hours", Window(30, 24, None)),
        ("Refill after 2 days", Window(None, 48, None)),
        ("24시간 후 리필", Window(None, 24, None)),
        ("Refill every 24h", Window(None, None, 24)),
        ("Refill cooldown: 12 hours", Window(None, None, 12)),
        ("48시간마다 리필", Window(None, None, 48)),
        ("Refill after 0 hours", Window()),
    ],
)
def test_hours_are_read_from_a_name(name: str, window: Window) -> None:
    assert window_of(name) == window
