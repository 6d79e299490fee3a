"""Cleaning upstream names: brands, contacts and emoji out, words replaced. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provider.enums import NameStep

_CONTACT = re.compile(
    r"""(?ix)
    (?:(?:telegram|tg|whatsapp|wa|skype|discord|kakao(?:talk)?|텔레그램|카카오톡|카톡)\s*[:：-]\s*)?
    (?:
        https?://[^\s)\]]+
      | (?<!\w)(?:www|t|wa|telegram)\.(?:me/|[a-z0-9-]+\.)[^\s)\]]+
      | [\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+
      | (?<!\w)@[a-z0-9_.]{3,}
      | \+\d[\d\s().-]{7,}\d
    )
    """
)
# Joiners and variants, which are left over when an emoji goes.
_INVISIBLE = dict.fromkeys([0x200D, 0xFE0E, 0xFE0F, 0x20E3, *range(0x1F3FB, 0x1F400)])
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}|【\s*】|「\s*」")
_SEPARATORS = re.compile(r"\s*([|•·➤–—])(?:\s*[|•·➤–—])+\s*")
_EDGES = " \t\r\n|•·➤–—-,;:/~"


@dataclass(frozen=True)
class Step:
    """One rule of cleaning, ready to be taken."""

    step: NameStep
    text: str = ""
    replacement: str = ""


def cleaner(steps: Iterable[Step]) -> Callable[[str], str]:
    """Return a function that takes these steps one after another.

    A name of which nothing would be left stays as it is; no step, no change at all.
    """
    parts = [_part(step) for step in steps]

    def clean(name: str) -> str:
        cleaned = name
        for part in parts:
            cleaned = part(cleaned)
        return (_tidy(cleaned) or name) if cleaned != name else name

    return clean


def _part(step: Step) -> Callable[[str], str]:
    if step.step == NameStep.CONTACTS:
        return lambda name: _CONTACT.sub(" ", name)
    if step.step == NameStep.EMOJI:
        return _without_emoji
    pattern = re.compile(_whole_words(step.text), re.IGNORECASE)
    replacement = step.replacement if step.step == NameStep.REPLACE else " "
    return lambda name: pattern.sub(lambda _: replacement, name)


def _whole_words(text: str) -> str:
    """Return a pattern for `text` that does not match within a longer Latin word."""
    before = r"(?<![a-zA-Z0-9])" if text[0].isascii() and text[0].isalnum() else ""
    after = r"(?![a-zA-Z0-9])" if text[-1].isascii() and text[-1].isalnum() else ""
    return before + re.escape(text) + after


def _without_emoji(name: str) -> str:
    kept = (
        " " if unicodedata.category(sign) == "So" and ord(sign) >= 0x2190 else sign
        for sign in name.translate(_INVISIBLE)
    )
    return "".join(kept)


def _tidy(name: str) -> str:
    """Close the gaps that are left: empty brackets, separators in a row, spaces."""
    name = _EMPTY.sub(" ", name)
    name = _SEPARATORS.sub(r" \1 ", name)
    return " ".join(name.split()).strip(_EDGES)
