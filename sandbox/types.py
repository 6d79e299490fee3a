"""The sandbox's own table of service types, an independent witness of the shop's.

Written from the provider protocol ("Service types"), not from the shop's code; a
contract test compares the two.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Counts(StrEnum):
    """What the units of a charge are counted from."""

    QUANTITY = "quantity"
    COMMENTS = "comments"
    USERNAMES = "usernames"
    PACKAGE = "package"
    POSTS = "posts"


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One service type: the fields an `add` needs, may have, and is charged by."""

    name: str
    required: tuple[str, ...]
    counts: Counts = Counts.QUANTITY
    optional: tuple[str, ...] = ()

    @property
    def per_package(self) -> bool:
        """Whether the rate buys one package instead of a thousand units."""
        return self.counts is Counts.PACKAGE

    @property
    def drip_feed(self) -> bool:
        """Whether `runs` and `interval` may be given."""
        return "runs" in self.optional


DEFAULT = ServiceType("Default", ("link", "quantity"), optional=("runs", "interval"))

TYPES = (
    DEFAULT,
    ServiceType("Package", ("link",), Counts.PACKAGE),
    ServiceType("Custom Comments", ("link", "comments"), Counts.COMMENTS),
    ServiceType("Custom Comments Package", ("link", "comments"), Counts.PACKAGE),
    ServiceType("Mentions", ("link", "quantity", "usernames")),
    ServiceType(
        "Mentions with Hashtags", ("link", "quantity", "usernames", "hashtags")
    ),
    ServiceType("Mentions Custom List", ("link", "usernames"), Counts.USERNAMES),
    ServiceType("Mentions Hashtag", ("link", "quantity", "hashtag")),
    ServiceType("Mentions User Followers", ("link", "quantity", "username")),
    ServiceType("Mentions Media Likers", ("link", "quantity", "media")),
    ServiceType("Comment Likes", ("link", "quantity", "username")),
    ServiceType("Comment Replies", ("link", "username", "comments"), Counts.COMMENTS),
    ServiceType("Poll", ("link", "quantity", "answer_number")),
    ServiceType("Invites from Groups", ("link", "quantity", "groups")),
    ServiceType("SEO", ("link", "quantity", "keywords")),
    ServiceType(
        "Web Traffic",
        ("link", "quantity", "country", "device", "type_of_traffic"),
        optional=("google_keyword", "referring_url", "runs", "interval"),
    ),
    ServiceType(
        "Subscriptions",
        ("username", "min", "max", "delay"),
        Counts.POSTS,
        ("posts", "old_posts", "expiry"),
    ),
)


def find(name: str) -> ServiceType | None:
    """Return the type called `name`, however it is spelled, or None.

    Case, spaces, `_`, `-` and a plural s make no difference (provider protocol,
    "Service types").
    """
    return _BY_SPELLING.get(_spelling(name))


def _spelling(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower()).removesuffix("s")


_BY_SPELLING = {_spelling(kind.name): kind for kind in TYPES}
