"""Cleaning names."""

import pytest

from provider.cleaning import Step, cleaner
from provider.enums import NameStep

CONTACTS = Step(NameStep.CONTACTS)
EMOJI = Step(NameStep.EMOJI)


@pytest.mark.parametrize(
    ("step", "name", "after"),
    [
        (Step(NameStep.STRIP, "SMMKing"), "smmking | Likes", "Likes"),
        (Step(NameStep.STRIP, "SMMKing"), "SMMKings | Likes", "SMMKings | Likes"),
        (Step(NameStep.STRIP, "왕도매"), "왕도매의 좋아요", "의 좋아요"),
        (Step(NameStep.STRIP, "(HQ)"), "Likes (HQ) fast", "Likes fast"),
        (Step(NameStep.REPLACE, "Subs", "Subscribers"), "YouTube subs", "YouTube Subscribers"),
        (Step(NameStep.REPLACE, "a", r"\1"), "a b", r"\1 b"),
        (CONTACTS, "Likes | Telegram: @king_panel", "Likes"),
        (CONTACTS, "Likes https://panel.example/x | Fast", "Likes | Fast"),
        (CONTACTS, "Likes (t.me/king) | Fast", "Likes | Fast"),
        (CONTACTS, "Likes [me@panel.example]", "Likes"),
        (CONTACTS, "Likes | WhatsApp: +82 10-1234-5678", "Likes"),
        (CONTACTS, "카톡: @king 좋아요", "좋아요"),
        (CONTACTS, "Likes | 5/5 | 100@night", "Likes | 5/5 | 100@night"),
        (EMOJI, "🔥 Likes ⚡♻️ | 5️⃣ | Fast 👍🏽", "Likes | 5 | Fast"),
        (EMOJI, "🇺🇸 USA Likes ® 한국", "USA Likes ® 한국"),
        (EMOJI, "🔥⚡", "🔥⚡"),
        (EMOJI, "  as  it is | ", "  as  it is | "),
    ],
)  # fmt: skip
def test_a_step_takes_out_what_it_names(step: Step, name: str, after: str) -> None:
    assert cleaner([step])(name) == after


def test_steps_are_taken_in_their_order() -> None:
    clean = cleaner(
        [Step(NameStep.REPLACE, "IG", "Instagram"), Step(NameStep.STRIP, "Instagram")]
    )

    assert clean("IG Likes") == "Likes"


def test_without_steps_nothing_changes() -> None:
    assert cleaner([])("  🔥 | ") == "  🔥 | "
