"""What an `add` is refused for; nothing may have happened after a refusal."""

from decimal import Decimal

import pytest

from sandbox.catalogue import demo
from sandbox.vendor import Vendor
from tests.sandbox.practice import LINK, Client

ORDERS = {
    "Default": {"quantity": "200"},
    "Package": {},
    "Custom Comments": {"comments": "one\n\n two \r\nthree\nfour\nfive"},
    "Custom Comments Package": {"comments": "one\ntwo"},
    "Mentions": {"quantity": "500", "usernames": "weekly\ndaily"},
    "Mentions with Hashtags": {
        "quantity": "500",
        "usernames": "weekly",
        "hashtags": "#film",
    },
    "Mentions Custom List": {"usernames": "anna\nben\ncho\ndan\neve"},
    "Mentions Hashtag": {"quantity": "500", "hashtag": "#film"},
    "Mentions User Followers": {"quantity": "500", "username": "weekly"},
    "Mentions Media Likers": {"quantity": "50", "media": LINK},
    "Comment Likes": {"quantity": "50", "username": "anna"},
    "Comment Replies": {"username": "anna", "comments": "one\ntwo\nthree"},
    "Poll": {"quantity": "30", "answer_number": "2"},
    "Invites from Groups": {"quantity": "50", "groups": LINK},
    "SEO": {"quantity": "100", "keywords": "film"},
    "Web Traffic": {
        "quantity": "1000",
        "country": "KR",
        "device": "5",
        "type_of_traffic": "1",
        "google_keyword": "film",
    },
}
UNITS = {
    "Package": 1,
    "Custom Comments": 5,
    "Custom Comments Package": 1,
    "Mentions Custom List": 5,
    "Comment Replies": 3,
}


def demo_service(client: Client, kind: str) -> dict[str, str]:
    client.vendor.catalogue = demo()
    rows: list[dict[str, str]] = client("services")
    return next(row for row in rows if row["type"] == kind)


@pytest.mark.parametrize("kind", ORDERS)
def test_each_type_is_charged_by_its_own_units(client: Client, kind: str) -> None:
    row, fields = demo_service(client, kind), ORDERS[kind]

    reply = client("add", service=row["service"], link=LINK, **fields)

    order = client.vendor.orders[reply["order"]]
    assert order.units == UNITS.get(kind, int(fields.get("quantity", 0)))
    per_unit = Decimal(row["rate"]) / (1 if "Package" in kind else 1000)
    assert order.charge == per_unit * order.units


@pytest.mark.parametrize(
    ("kind", "missing"), [(kind, name) for kind in ORDERS for name in ORDERS[kind]]
)
def test_each_field_of_a_type_is_needed(
    client: Client, kind: str, missing: str
) -> None:
    row = demo_service(client, kind)
    fields = ORDERS[kind] | {missing: " "}

    reply = client("add", service=row["service"], link=LINK, **fields)

    assert list(reply) == ["error"]
    assert client.vendor.orders == {}


REFUSALS: list[tuple[dict[str, object], str]] = [
    ({"service": "6"}, "Incorrect service ID"),
    ({"service": ""}, "Incorrect service ID"),
    ({"link": ""}, "Bad link"),
    ({"link": "example.com"}, "Bad link"),
    ({"link": "javascript:alert(1)"}, "Bad link"),
    ({"link": "https://"}, "Bad link"),
    ({"link": "https://[broken"}, "Bad link"),
    ({"link": f"{LINK} {LINK}"}, "Bad link"),
    ({"link": f"{LINK}/{'a' * 2000}"}, "Bad link"),
    ({"link": f"{LINK}#refuse"}, "Bad link"),
    ({"quantity": ""}, "Incorrect quantity"),
    ({"quantity": "-50"}, "Incorrect quantity"),
    ({"quantity": "1e3"}, "Incorrect quantity"),
    ({"quantity": "99.5"}, "Incorrect quantity"),
    ({"quantity": "9" * 5000}, "Incorrect quantity"),
    ({"quantity": "0"}, "Quantity less than minimal 50"),
    ({"quantity": "49"}, "Quantity less than minimal 50"),
    ({"quantity": "10001"}, "Quantity more than maximum 10000"),
    ({"runs": "2"}, "Incorrect runs or interval"),
    ({"interval": "2"}, "Incorrect runs or interval"),
    ({"runs": "0", "interval": "5"}, "Incorrect runs or interval"),
    ({"runs": "1001", "interval": "5"}, "Incorrect runs or interval"),
    (
        {"service": 8, "runs": "2", "interval": "5"},
        "Drip-feed is disabled for this service",
    ),
    (
        {"quantity": "10000", "runs": "1000", "interval": "5"},
        "Not enough funds on balance",
    ),
]


@pytest.mark.parametrize(("fields", "error"), REFUSALS)
def test_a_refused_order_says_why_and_charges_nothing(
    client: Client, fields: dict[str, object], error: str
) -> None:
    assert client.add(**fields) == {"error": error}
    assert client.vendor.orders == {}
    assert client.vendor.ledger.balance == 10_000


def test_blank_runs_and_interval_are_no_drip_feed(client: Client) -> None:
    number = client.order(runs="", interval="")

    assert client.vendor.orders[number].runs is None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"type_of_traffic": "4"}, "Incorrect type of traffic"),
        ({"type_of_traffic": "2"}, "Missing parameter: referring_url"),
    ],
)
def test_web_traffic_needs_what_its_type_of_traffic_needs(
    client: Client, fields: dict[str, str], error: str
) -> None:
    row = demo_service(client, "Web Traffic")
    fields = ORDERS["Web Traffic"] | fields

    reply = client("add", service=row["service"], link=LINK, **fields)

    assert reply == {"error": error}


def test_a_poll_needs_the_number_of_an_answer(client: Client) -> None:
    row = demo_service(client, "Poll")

    reply = client(
        "add", service=row["service"], link=LINK, quantity=30, answer_number="yes"
    )

    assert reply == {"error": "Incorrect answer number"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"username": ""}, "Missing parameter: username"),
        ({"min": "x"}, "Incorrect quantity"),
        ({"min": "20"}, "Incorrect quantity"),
        ({"min": "1"}, "Quantity less than minimal 5"),
        ({"max": "101"}, "Quantity more than maximum 100"),
        ({"delay": "7"}, "Incorrect delay"),
        ({"posts": "0"}, "Incorrect posts"),
        ({"posts": "1001"}, "Incorrect posts"),
        ({"old_posts": "-1"}, "Incorrect posts"),
        ({"expiry": "2030-01-31"}, "Incorrect expiry"),
        ({"expiry": "31/12/9999"}, "Incorrect expiry"),
    ],
)
def test_a_refused_subscription_says_why(
    vendor: Vendor, client: Client, fields: dict[str, str], error: str
) -> None:
    good = {"username": "weekly", "min": "5", "max": "10", "delay": "0", "posts": "2"}

    assert client("add", service=9, **good | fields) == {"error": error}
    assert vendor.subscriptions == {}
