"""Patterns of staff: what is taken, and what would never end."""

import pytest
from django.core.exceptions import ValidationError

from provider.patterns import LONGEST_PATTERN, MOST_MATCHED, check_pattern, fits


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        r"instagram\.com/p/[\w-]+",
        r"(?:x|twitter)\.com/\w{1,15}/status/\d+",
        r"(a|b)?c",
        r"[)*+]{1,9}",
        r"\)\*\+",
        "a{,50}b",
    ],
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+", "A group may not be repeated with *, + or { }."),
        ("(a|a)*", "A group may not be repeated with *, + or { }."),
        ("(ab){2}", "A group may not be repeated with *, + or { }."),
        (r"(a)\1", "A pattern may not refer back to a group."),
        ("(?=a)", "The only groups are ( ) and (?: )."),
        ("a*b*c*d*", "A pattern has at most 3 of * and +."),
        ("a{1,}b{2,}c*d{0,999}", "A pattern has at most 3 of * and +."),
        ("a" * (LONGEST_PATTERN + 1), "A pattern has at most 200 characters."),
    ],
)
def test_a_pattern_that_may_not_end_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(ValidationError) as error:
        check_pattern(pattern)

    assert error.value.messages == [reason]


def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(ValidationError, match="This is no regular expression"):
        check_pattern("(")


def test_the_whole_text_must_fit_whatever_its_case() -> None:
    assert fits(r"x\.com/\w+", "X.com/Name")
    assert not fits(r"x\.com/\w+", "x.com/name/more")


def test_a_text_that_is_too_long_fits_nothing() -> None:
    assert fits(".*", "a" * MOST_MATCHED)
    assert not fits(".*", "a" * (MOST_MATCHED + 1))
