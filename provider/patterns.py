"""Patterns that staff write, and that anybody's text is matched against.

Python's regular expressions can take for ever on a short text; what makes them is a
repeated group, a reference back, or many open repeats in a row. None of that is taken,
and nothing longer than MOST_MATCHED is matched, so that a match ends.
"""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST_PATTERN = 200
MOST_MATCHED = 300
# Repeats without a small upper end: the time of a match grows with this power.
MOST_REPEATS = 3
SMALL = 50

_ESCAPE = re.compile(r"\\.")
_SET = re.compile(r"\[\^?\]?[^\]]*\]")
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_SPECIAL_GROUP = re.compile(r"\(\?(?!:)")
_BACK = re.compile(r"\\[1-9]")
_OPEN_REPEAT = re.compile(r"[*+]|\{\d*,\}")
_BOUNDED_REPEAT = re.compile(r"\{(?:\d*,)?(\d+)\}")


def check_pattern(pattern: str) -> None:
    """Raise ValidationError with what is wrong with a pattern that staff have written."""
    if fault := _fault(pattern):
        raise ValidationError(fault)


def fits(pattern: str, text: str) -> bool:
    """Return whether the whole of `text` fits; letters' case does not matter."""
    return len(text) <= MOST_MATCHED and _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _fault(pattern: str) -> str | None:
    if len(pattern) > LONGEST_PATTERN:
        return _("A pattern has at most %d characters.") % LONGEST_PATTERN
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return _("This is no regular expression: %s") % error
    if _BACK.search(pattern):
        return _("A pattern may not refer back to a group.")
    bare = _SET.sub("x", _ESCAPE.sub("x", pattern))
    if _SPECIAL_GROUP.search(bare):
        return _("The only groups are ( ) and (?: ).")
    if _REPEATED_GROUP.search(bare):
        return _("A group may not be repeated with *, + or { }.")
    repeats = len(_OPEN_REPEAT.findall(bare)) + sum(
        int(most) > SMALL for most in _BOUNDED_REPEAT.findall(bare)
    )
    if repeats > MOST_REPEATS:
        return _("A pattern has at most %d of * and +.") % MOST_REPEATS
    return None
