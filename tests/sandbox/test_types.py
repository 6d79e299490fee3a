import pytest

from sandbox import types
from sandbox.types import Counts


def test_the_table_has_the_seventeen_documented_types() -> None:
    table = {kind.name: (" ".join(kind.required), kind.counts) for kind in types.TYPES}

    assert table == {
        "Default": ("link quantity", "quantity"),
        "Package": ("link", "package"),
        "Custom Comments": ("link comments", "comments"),
        "Custom Comments Package": ("link comments", "package"),
        "Mentions": ("link quantity usernames", "quantity"),
        "Mentions with Hashtags": ("link quantity usernames hashtags", "quantity"),
        "Mentions Custom List": ("link usernames", "usernames"),
        "Mentions Hashtag": ("link quantity hashtag", "quantity"),
        "Mentions User Followers": ("link quantity username", "quantity"),
        "Mentions Media Likers": ("link quantity media", "quantity"),
        "Comment Likes": ("link quantity username", "quantity"),
        "Comment Replies": ("link username comments", "comments"),
        "Poll": ("link quantity answer_number", "quantity"),
        "Invites from Groups": ("link quantity groups", "quantity"),
        "SEO": ("link quantity keywords", "quantity"),
        "Web Traffic": ("link quantity country device type_of_traffic", "quantity"),
        "Subscriptions": ("username min max delay", "posts"),
    }


def test_a_drip_feed_is_for_default_and_web_traffic() -> None:
    dripping = [kind.name for kind in types.TYPES if kind.drip_feed]

    assert dripping == ["Default", "Web Traffic"]


def test_the_rate_of_a_package_buys_the_package() -> None:
    packages = [kind.name for kind in types.TYPES if kind.per_package]

    assert packages == ["Package", "Custom Comments Package"]


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("default", "Default"),
        ("custom_comments", "Custom Comments"),
        ("Custom Comment", "Custom Comments"),
        ("CUSTOM-COMMENTS-PACKAGE", "Custom Comments Package"),
        ("subscription", "Subscriptions"),
        ("mentionshashtag", "Mentions Hashtag"),
    ],
)
def test_a_type_is_found_however_it_is_spelled(spelling: str, name: str) -> None:
    found = types.find(spelling)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("spelling", ["", "special", "Default!", "s"])
def test_an_unknown_type_is_not_found(spelling: str) -> None:
    assert types.find(spelling) is None


def test_what_a_type_counts_is_a_field_or_a_whole() -> None:
    for kind in types.TYPES:
        if kind.counts not in {Counts.PACKAGE, Counts.POSTS}:
            assert kind.counts.value in kind.required
