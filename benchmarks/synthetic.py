"""Catalogues that are made up: as large as wanted, with every oddity that is known.

The same seed makes the same reply. One row in ODD is not for sale, in one of the ways
that providers have of writing it; the others vary in all that readers must bear.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

ODD = 50
ROWS_PER_CATEGORY = 60

_WORDS = [
    "Subtitles",
    "Transcript",
    "Cover",
    "Banner",
    "Caption",
    "Voice-over",
    "Thumbnail",
    "Editing",
    "Retouch",
    "Loop",
    "Playlist",
    "Newsletter",
    "Podcast",
    "Trailer",
    "Chapter",
    "Storyboard",
    "Watermark",
    "Intro",
    "Outro",
    "Translation",
]
_PLACES = ("Worldwide", "Korea", "Brazil", "Türkiye", "Deutschland", "한국", "Việt Nam")
_SPEEDS = ("Instant", "0-1 hour", "5k/day", "slow", "빠른 시작", "24 h ⏱️")
_EXTRAS = (
    "",
    " 🔥⚡",
    " ♻️ R30",
    " [no refill]",
    " &amp; more",
    " | 30일 리필",
    "  ★ NEW ★",
)
_TYPES = (
    "Default", "default", "Package", "Custom Comments", "Mentions", "Subscriptions",
    "Poll", "Comment Likes", "Custom Comments Package", "12",
)  # fmt: skip
_YES = (True, 1, "1", "true", "yes")
_NO = (False, 0, "0", "false", "", None)

Row = dict[str, Any]


def catalogue(rows: int, *, seed: int = 1) -> bytes:
    """Return a reply to `services` with `rows` rows."""
    return json.dumps(list(_rows(rows, seed)), ensure_ascii=False).encode()


def _rows(rows: int, seed: int) -> Iterator[object]:
    dice = random.Random(seed)
    for number in range(1, rows + 1):
        row = _row(number, dice)
        yield dice.choice(_ODDITIES)(row) if number % ODD == 0 else row


def _row(number: int, dice: random.Random) -> Row:
    words = " ".join(dice.sample(_WORDS, dice.randint(2, 5)))
    rate = dice.choice((3, 12, 88, 450, 9000)) * dice.uniform(0.01, 1)
    least = dice.choice((1, 10, 50, 100, 1000))
    row: Row = {
        "service": str(number) if dice.random() < 0.9 else number,
        "name": f"{words} {dice.choice(_PLACES)} | {dice.choice(_SPEEDS)}"
        f"{dice.choice(_EXTRAS)}",
        "type": _TYPES[0] if dice.random() < 0.8 else dice.choice(_TYPES),
        "category": f"{_WORDS[number // ROWS_PER_CATEGORY % len(_WORDS)]} "
        f"{number // ROWS_PER_CATEGORY}",
        "rate": dice.choice((f"{rate:.4f}", f"{rate:.2f}1", float(f"{rate:.5f}"))),
        "min": dice.choice((least, str(least))),
        "max": least * dice.choice((10, 1000, 50_000)),
        "refill": dice.choice(_YES if dice.random() < 0.5 else _NO),
        "cancel": dice.choice(_YES if dice.random() < 0.3 else _NO),
    }
    if dice.random() < 0.3:
        row["desc"] = f"{words}.\r\nStarts: {dice.choice(_SPEEDS)}\t\u200b" * 3
    if dice.random() < 0.3:
        row["average_time"] = dice.choice(("Not enough data", "2 hours 5 minutes", ""))
    if dice.random() < 0.05:
        row["name"] = f"{row['name']} {words * 6}"
    if dice.random() < 0.05:
        row["price"] = row.pop("rate")
    return row


def _without(key: str) -> Callable[[Row], Row]:
    return lambda row: {name: value for name, value in row.items() if name != key}


def _with(**values: Any) -> Callable[[Row], Row]:
    return lambda row: {**row, **values}


# Most of these are rejected with a reason; an unknown type is kept, and not sold.
_ODDITIES: tuple[Callable[[Row], object], ...] = (
    _with(type="Hovercraft"),
    _with(rate="0"),
    _with(rate="-1"),
    _with(rate="99999999"),
    _with(rate="free"),
    _with(rate="1,20"),
    _with(service="1"),
    _with(service="text-id"),
    _with(name=""),
    _with(name=None),
    _with(min=0),
    _with(min="1000", max="10"),
    _with(max="99999999999999"),
    _with(name="NUL \x00 and half a \ud83d pair".encode(errors="replace").decode()),
    _with(category=""),
    _with(category="A long shelf " * 40),
    _without("service"),
    _without("category"),
    _without("min"),
    lambda row: [row],
    lambda _row: None,
)
