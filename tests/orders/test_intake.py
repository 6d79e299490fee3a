"""Reading what is ordered: every type's fields, units and faults."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.intake import (
    LONGEST_INTERVAL,
    LONGEST_LINK,
    LONGEST_TEXT,
    MOST_RUNS,
    FieldErrors,
    Intake,
    read,
)
from provider.models import Service
from provider.protocol.types import TYPES, ServiceType
from tests.factories import LINK

TEXTS = {
    "link": LINK,
    "quantity": "100",
    "comments": "One\nTwo\n\n Three ",
    "usernames": "ann\nbob",
    "hashtags": "#a\n#b",
    "hashtag": "#a",
    "username": "ann",
    "media": LINK,
    "answer_number": "2",
    "groups": "One\nTwo",
    "keywords": "one\ntwo",
    "country": "KR",
    "device": "1",
    "type_of_traffic": "3",
    "min": "10",
    "max": "20",
    "posts": "5",
    "delay": "30",
}
UNITS = {
    ServiceType.PACKAGE: 1,
    ServiceType.CUSTOM_COMMENTS: 3,
    ServiceType.CUSTOM_COMMENTS_PACKAGE: 1,
    ServiceType.MENTIONS_CUSTOM_LIST: 2,
    ServiceType.COMMENT_REPLIES: 3,
}
LINKED = [kind for kind in ServiceType if kind != ServiceType.SUBSCRIPTIONS]


def service(kind: str = "default", **fields: object) -> Service:
    values = {"min": 1, "max": 10_000, "price": Decimal(2), "dripfeed": True, **fields}
    return Service(pk=5, name="Subtitles", type=kind, **values)


def raw(kind: str = "default", **texts: str) -> dict[str, str]:
    """Return good texts for a type, with `texts` instead."""
    rule = TYPES[ServiceType(kind)]
    return {name: TEXTS[name] for name in rule.required} | texts


def faults(sold: Service, texts: dict[str, str]) -> dict[str, list[str]]:
    with pytest.raises(FieldErrors) as caught:
        read(service=sold, raw=texts)
    return caught.value.errors


@pytest.mark.parametrize("kind", LINKED)
def test_every_type_is_read_with_its_units(kind: ServiceType) -> None:
    found = read(service=service(kind), raw=raw(kind))

    assert found.units == UNITS.get(kind, 100)
    assert found.link == LINK


@pytest.mark.parametrize("kind", ServiceType)
def test_every_required_field_is_asked_for(kind: ServiceType) -> None:
    assert set(faults(service(kind), {})) == set(TYPES[kind].required)


def test_fields_that_the_type_does_not_know_are_ignored() -> None:
    found = read(service=service(), raw=raw(comments="Hello", nonsense="x"))

    assert found == Intake(
        units=100, link=LINK, quantity=100, link_key="example.com/film"
    )


def test_lines_are_trimmed_and_counted_without_empty_ones() -> None:
    found = read(service=service("custom_comments"), raw=raw("custom_comments"))

    assert found.fields == {"comments": "One\nTwo\nThree"}
    assert found.quantity is None


def test_single_lines_lose_their_outer_and_double_spaces() -> None:
    found = read(service=service("poll"), raw=raw("poll", link=f"  {LINK} "))

    assert found.link == LINK


@pytest.mark.parametrize(
    "link",
    [
        "example.com",
        "ftp://example.com/x",
        "https://",
        "https://localhost/x",
        "https://exa mple.com",
        "http://[broken",
        "javascript:alert(1)",
    ],
)
def test_a_link_that_is_none_is_refused(link: str) -> None:
    assert list(faults(service(), raw(link=link))) == ["link"]


@pytest.mark.parametrize("link", ["http://example.com", "HTTPS://Ex.ample/é?a=b#c"])
def test_links_of_all_kinds_are_taken(link: str) -> None:
    assert read(service=service(), raw=raw(link=link)).link == link


@pytest.mark.parametrize(
    "quantity", ["abc", "-5", "1.5", "1e3", "٣", "12345678901", "0x10", "1 000"]
)
def test_a_quantity_that_is_no_whole_number_is_refused(quantity: str) -> None:
    assert faults(service(), raw(quantity=quantity)) == {
        "quantity": ["Enter a whole number."]
    }


@pytest.mark.parametrize(
    ("quantity", "fault"),
    [
        ("9", "At least 10, please: you have 9."),
        ("0", "At least 10, please: you have 0."),
        ("51", "At most 50, please: you have 51."),
    ],
)
def test_a_quantity_outside_the_limits_is_refused(quantity: str, fault: str) -> None:
    sold = service(min=10, max=50)

    assert faults(sold, raw(quantity=quantity)) == {"quantity": [fault]}
    assert read(service=sold, raw=raw(quantity="10")).units == 10
    assert read(service=sold, raw=raw(quantity="50")).units == 50


@pytest.mark.parametrize(
    ("kind", "field"),
    [("custom_comments", "comments"), ("mentions_custom_list", "usernames")],
)
def test_lines_that_are_charged_keep_the_limits(kind: str, field: str) -> None:
    sold = service(kind, min=2, max=3)

    assert list(faults(sold, raw(kind, **{field: "one"}))) == [field]
    assert list(faults(sold, raw(kind, **{field: "a\nb\nc\nd"}))) == [field]


def test_lines_that_are_not_charged_have_no_limits() -> None:
    sold = service("mentions", min=100, max=100)

    assert read(service=sold, raw=raw("mentions", usernames="one")).units == 100


def test_runs_multiply_the_quantity() -> None:
    found = read(service=service(), raw=raw(runs="5", interval="60"))

    assert (found.units, found.quantity, found.runs, found.interval) == (
        500,
        100,
        5,
        60,
    )


@pytest.mark.parametrize(
    ("given", "missing"), [({"runs": "5"}, "interval"), ({"interval": "5"}, "runs")]
)
def test_runs_and_interval_belong_together(given: dict[str, str], missing: str) -> None:
    assert faults(service(), raw(**given)) == {missing: ["This field is required."]}


@pytest.mark.parametrize(
    "given",
    [
        {"runs": "0", "interval": "5"},
        {"runs": str(MOST_RUNS + 1), "interval": "5"},
        {"runs": "5", "interval": "0"},
        {"runs": "5", "interval": str(LONGEST_INTERVAL + 1)},
        {"runs": "x", "interval": "5"},
    ],
    ids=str,
)
def test_runs_and_interval_have_limits(given: dict[str, str]) -> None:
    assert len(faults(service(), raw(**given))) == 1


def test_a_service_without_drip_feed_takes_no_runs() -> None:
    found = faults(service(dripfeed=False), raw(runs="5", interval="60"))

    assert set(found) == {"runs", "interval"}


@pytest.mark.parametrize("number", ["two", "-1", "²", "٣"])
def test_the_number_of_an_answer_is_a_whole_number(number: str) -> None:
    assert faults(service("poll"), raw("poll", answer_number=number)) == {
        "answer_number": ["Enter a whole number."]
    }


def test_a_value_that_is_not_offered_is_refused() -> None:
    assert faults(service("web_traffic"), raw("web_traffic", device="9")) == {
        "device": ["Choose one of the values offered."]
    }


@pytest.mark.parametrize(
    ("traffic", "field"), [("1", "google_keyword"), ("2", "referring_url")]
)
def test_the_kind_of_traffic_decides_what_else_is_needed(
    traffic: str, field: str
) -> None:
    texts = raw("web_traffic", type_of_traffic=traffic)

    assert faults(service("web_traffic"), texts) == {field: ["This field is required."]}
    found = read(service=service("web_traffic"), raw={**texts, field: "x"})
    assert found.fields[field] == "x"


def test_texts_that_are_too_long_are_refused() -> None:
    long_link = f"{LINK}{'x' * LONGEST_LINK}"
    long_text = "x" * (LONGEST_TEXT + 1)

    assert faults(service(), raw(link=long_link)) == {"link": ["This is too long."]}
    assert faults(
        service("custom_comments"), raw("custom_comments", comments=long_text)
    ) == {"comments": ["This is too long."]}


# Subscriptions.


def test_a_subscription_is_charged_for_the_most_that_may_come() -> None:
    sold = service("subscriptions", min=10)

    found = read(
        service=sold,
        raw=raw(
            "subscriptions", min="010", posts="05", old_posts="2", expiry="1/2/2999"
        ),
    )

    assert found == Intake(
        units=20 * 7,
        fields={
            "username": "ann",
            "min": "10",
            "max": "20",
            "posts": "5",
            "delay": "30",
            "old_posts": "2",
            "expiry": "01/02/2999",
        },
    )


def test_a_subscription_needs_neither_earlier_posts_nor_an_end() -> None:
    sold = service("subscriptions")

    found = read(service=sold, raw=raw("subscriptions", expiry=" ", link="nonsense"))

    assert (found.units, found.link, found.quantity) == (100, "", None)
    assert found.fields.keys() == {"username", "min", "max", "posts", "delay"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("min", "9"),
        ("min", "abc"),
        ("max", "9"),
        ("max", "10001"),
        ("max", "-20"),
        ("posts", "0"),
        ("posts", "1001"),
        ("posts", "1.5"),
        ("old_posts", "1001"),
        ("old_posts", "-1"),
        ("delay", "7"),
        ("delay", ""),
        ("expiry", "31/02/2999"),
        ("expiry", "2999-02-01"),
        ("expiry", "1/2/27"),
        ("expiry", "01/01/2020"),
        ("expiry", "soon"),
    ],
)
def test_a_field_of_a_subscription_that_does_not_fit_is_refused(
    name: str, text: str
) -> None:
    sold = service("subscriptions", min=10)

    assert list(faults(sold, raw("subscriptions", **{name: text}))) == [name]


def test_the_least_per_post_is_no_more_than_the_most() -> None:
    texts = raw("subscriptions", min="30")

    assert faults(service("subscriptions"), texts) == {
        "max": ["At least as many as the least per post, please."]
    }


def test_a_subscription_may_end_today_and_no_earlier() -> None:
    sold, now = service("subscriptions"), timezone.now()
    today, yesterday = (
        (now - timedelta(days=days)).strftime("%d/%m/%Y") for days in (0, 1)
    )

    assert read(service=sold, raw=raw("subscriptions", expiry=today)).fields["expiry"]
    assert faults(sold, raw("subscriptions", expiry=yesterday)) == {
        "expiry": ["This day is over."]
    }
