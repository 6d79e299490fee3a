"""The table of service types: names, fields, units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider.protocol.types import TYPES, ServiceType, lines, read_type, units

LINES = "good\n\n  \r\nbetter\r\nbest\n"


def test_the_table_has_a_row_for_each_type() -> None:
    assert set(TYPES) == set(ServiceType)
    assert len(TYPES) == 17


@pytest.mark.parametrize("service_type", ServiceType)
def test_each_label_is_read_as_its_own_type(service_type: ServiceType) -> None:
    label = TYPES[service_type].label
    for spelling in (label, label.upper(), label.replace(" ", "_"), f" {label} "):
        assert read_type(spelling) is service_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("default", ServiceType.DEFAULT),
        ("Custom Comment", ServiceType.CUSTOM_COMMENTS),
        ("custom_comments", ServiceType.CUSTOM_COMMENTS),
        ("custom-comment-package", ServiceType.CUSTOM_COMMENTS_PACKAGE),
        ("CustomCommentsPackages", ServiceType.CUSTOM_COMMENTS_PACKAGE),
        ("Subscription", ServiceType.SUBSCRIPTIONS),
        ("Comment Like", ServiceType.COMMENT_LIKES),
        ("invites  from group", ServiceType.INVITES_FROM_GROUPS),
        ("special", None),
        ("Defaultish", None),
        ("", None),
        (None, None),
        (7, None),
        (["Default"], None),
    ],
)
def test_a_type_is_read_by_its_words_and_never_guessed(
    text: object, expected: ServiceType | None
) -> None:
    assert read_type(text) is expected


@given(st.text())
def test_any_text_is_a_type_or_none(text: str) -> None:
    assert read_type(text) in {None, *ServiceType}


@pytest.mark.parametrize(
    ("service_type", "required", "charged"),
    [
        ("Default", "link quantity", 50),
        ("Package", "link", 1),
        ("Custom Comments", "link comments", 3),
        ("Custom Comments Package", "link comments", 1),
        ("Mentions", "link quantity usernames", 50),
        ("Mentions with Hashtags", "link quantity usernames hashtags", 50),
        ("Mentions Custom List", "link usernames", 3),
        ("Mentions Hashtag", "link quantity hashtag", 50),
        ("Mentions User Followers", "link quantity username", 50),
        ("Mentions Media Likers", "link quantity media", 50),
        ("Comment Likes", "link quantity username", 50),
        ("Comment Replies", "link username comments", 3),
        ("Poll", "link quantity answer_number", 50),
        ("Invites from Groups", "link quantity groups", 50),
        ("SEO", "link quantity keywords", 50),
        ("Web Traffic", "link quantity country device type_of_traffic", 50),
        ("Subscriptions", "username min max posts delay", 200),
    ],
)
def test_each_type_has_its_fields_and_units(
    service_type: str, required: str, charged: int
) -> None:
    known = read_type(service_type)
    assert known is not None
    assert TYPES[known].required == tuple(required.split())
    fields = {"quantity": "50", "max": 20, "posts": "10", "old_posts": ""}
    assert units(known, {**fields, "comments": LINES, "usernames": LINES}) == charged


@pytest.mark.parametrize("service_type", [ServiceType.DEFAULT, ServiceType.WEB_TRAFFIC])
def test_a_drip_feed_is_charged_for_all_its_runs(service_type: ServiceType) -> None:
    assert TYPES[service_type].drip_feed
    assert TYPES[service_type].optional == ("runs", "interval")
    assert units(service_type, {"quantity": 50, "runs": "4"}) == 200
    assert units(service_type, {"quantity": 50, "runs": None}) == 50


def test_only_two_types_have_a_drip_feed() -> None:
    assert sum(rule.drip_feed for rule in TYPES.values()) == 2


def test_a_subscription_reserves_its_old_posts_too() -> None:
    fields = {"max": "20", "posts": "10", "old_posts": "5"}
    assert units(ServiceType.SUBSCRIPTIONS, fields) == 300
    rule = TYPES[ServiceType.SUBSCRIPTIONS]
    assert rule.choices["delay"] == ("0", "5", "10", "15", "30", "60", "90")
    assert rule.limits["posts"] == (1, 1000)


def test_web_traffic_needs_what_its_kind_of_traffic_needs() -> None:
    rule = TYPES[ServiceType.WEB_TRAFFIC]
    assert rule.required_when["google_keyword"] == ("type_of_traffic", "1")
    assert rule.required_when["referring_url"] == ("type_of_traffic", "2")
    assert set(rule.required_when) < set(rule.fields)


def test_packages_are_the_types_with_a_rate_per_package() -> None:
    packages = {name for name, rule in TYPES.items() if rule.per_package}
    assert packages == {ServiceType.PACKAGE, ServiceType.CUSTOM_COMMENTS_PACKAGE}


def test_where_lines_are_counted_no_quantity_is_sent() -> None:
    silent = {name for name, rule in TYPES.items() if not rule.sends_quantity}
    assert silent == {
        ServiceType.PACKAGE,
        ServiceType.CUSTOM_COMMENTS,
        ServiceType.CUSTOM_COMMENTS_PACKAGE,
        ServiceType.MENTIONS_CUSTOM_LIST,
        ServiceType.COMMENT_REPLIES,
        ServiceType.SUBSCRIPTIONS,
    }


def test_fields_with_lines_are_known() -> None:
    rule = TYPES[ServiceType.MENTIONS_WITH_HASHTAGS]
    assert rule.multiline == ("usernames", "hashtags")


@pytest.mark.parametrize("quantity", [None, "", "many", "1.5", -5, "-5", 3.5, "٣"])
def test_a_quantity_that_is_no_whole_number_is_refused(quantity: object) -> None:
    with pytest.raises(ValueError, match="quantity"):
        units(ServiceType.DEFAULT, {"quantity": quantity})


@given(st.text())
def test_lines_are_counted_as_they_are_sent(text: str) -> None:
    kept = lines(text)
    assert lines("\n".join(kept)) == kept
    assert units(ServiceType.CUSTOM_COMMENTS, {"comments": text}) == len(kept)


def test_no_text_has_no_lines() -> None:
    assert lines(None) == []
