"""The service types of the provider protocol: one table for forms, API and submission.

A type says which fields an order has, and how many units they come to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from itertools import product

DELAYS = ("0", "5", "10", "15", "30", "60", "90")
POSTS_LIMITS = (1, 1000)
OLD_POSTS_LIMITS = (0, 1000)


class ServiceType(StrEnum):
    """The protocol's types; the values are ours, for database rows and templates."""

    DEFAULT = "default"
    PACKAGE = "package"
    CUSTOM_COMMENTS = "custom_comments"
    CUSTOM_COMMENTS_PACKAGE = "custom_comments_package"
    MENTIONS = "mentions"
    MENTIONS_WITH_HASHTAGS = "mentions_with_hashtags"
    MENTIONS_CUSTOM_LIST = "mentions_custom_list"
    MENTIONS_HASHTAG = "mentions_hashtag"
    MENTIONS_USER_FOLLOWERS = "mentions_user_followers"
    MENTIONS_MEDIA_LIKERS = "mentions_media_likers"
    COMMENT_LIKES = "comment_likes"
    COMMENT_REPLIES = "comment_replies"
    POLL = "poll"
    INVITES_FROM_GROUPS = "invites_from_groups"
    SEO = "seo"
    WEB_TRAFFIC = "web_traffic"
    SUBSCRIPTIONS = "subscriptions"


class Units(Enum):
    """How the units that are charged follow from an order's fields."""

    QUANTITY = "quantity"
    QUANTITY_RUNS = "quantity × runs"
    LINES_COMMENTS = "lines of comments"
    LINES_USERNAMES = "lines of usernames"
    PACKAGE = "one package"
    SUBSCRIPTION = "max × (posts + old posts)"


@dataclass(frozen=True)
class TypeRule:
    """One row of the table.

    `required_when` maps a field to the (other field, value) that makes it required;
    `choices` maps a field to the values it may take; `limits` to its least and greatest
    number. `runs` and `interval` belong together: send both or neither.
    """

    label: str
    required: tuple[str, ...]
    units: Units
    optional: tuple[str, ...] = ()
    required_when: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field of the type, in the order in which a form shows them."""
        return (*self.required, *self.required_when, *self.optional)

    @property
    def multiline(self) -> tuple[str, ...]:
        """The fields that hold one entry per line."""
        return tuple(name for name in self.fields if name in _MULTILINE)

    @property
    def per_package(self) -> bool:
        """Whether the rate is for one package rather than for 1,000 units."""
        return self.units is Units.PACKAGE

    @property
    def sends_quantity(self) -> bool:
        """Whether `add` carries a quantity; where lines are counted it must not."""
        return "quantity" in self.required

    @property
    def drip_feed(self) -> bool:
        """Whether an order may be spread over several runs."""
        return "runs" in self.optional


_MULTILINE = frozenset({"comments", "usernames", "hashtags", "groups", "keywords"})
_RUNS = ("runs", "interval")

TYPES: Mapping[ServiceType, TypeRule] = {
    ServiceType.DEFAULT: TypeRule(
        "Default", ("link", "quantity"), Units.QUANTITY_RUNS, optional=_RUNS
    ),
    ServiceType.PACKAGE: TypeRule("Package", ("link",), Units.PACKAGE),
    ServiceType.CUSTOM_COMMENTS: TypeRule(
        "Custom Comments", ("link", "comments"), Units.LINES_COMMENTS
    ),
    ServiceType.CUSTOM_COMMENTS_PACKAGE: TypeRule(
        "Custom Comments Package", ("link", "comments"), Units.PACKAGE
    ),
    ServiceType.MENTIONS: TypeRule(
        "Mentions", ("link", "quantity", "usernames"), Units.QUANTITY
    ),
    ServiceType.MENTIONS_WITH_HASHTAGS: TypeRule(
        "Mentions with Hashtags",
        ("link", "quantity", "usernames", "hashtags"),
        Units.QUANTITY,
    ),
    ServiceType.MENTIONS_CUSTOM_LIST: TypeRule(
        "Mentions Custom List", ("link", "usernames"), Units.LINES_USERNAMES
    ),
    ServiceType.MENTIONS_HASHTAG: TypeRule(
        "Mentions Hashtag", ("link", "quantity", "hashtag"), Units.QUANTITY
    ),
    ServiceType.MENTIONS_USER_FOLLOWERS: TypeRule(
        "Mentions User Followers", ("link", "quantity", "username"), Units.QUANTITY
    ),
    ServiceType.MENTIONS_MEDIA_LIKERS: TypeRule(
        "Mentions Media Likers", ("link", "quantity", "media"), Units.QUANTITY
    ),
    ServiceType.COMMENT_LIKES: TypeRule(
        "Comment Likes", ("link", "quantity", "username"), Units.QUANTITY
    ),
    ServiceType.COMMENT_REPLIES: TypeRule(
        "Comment Replies", ("link", "username", "comments"), Units.LINES_COMMENTS
    ),
    ServiceType.POLL: TypeRule(
        "Poll", ("link", "quantity", "answer_number"), Units.QUANTITY
    ),
    ServiceType.INVITES_FROM_GROUPS: TypeRule(
        "Invites from Groups", ("link", "quantity", "groups"), Units.QUANTITY
    ),
    ServiceType.SEO: TypeRule("SEO", ("link", "quantity", "keywords"), Units.QUANTITY),
    ServiceType.WEB_TRAFFIC: TypeRule(
        "Web Traffic",
        ("link", "quantity", "country", "device", "type_of_traffic"),
        Units.QUANTITY_RUNS,
        optional=_RUNS,
        required_when={
            "google_keyword": ("type_of_traffic", "1"),
            "referring_url": ("type_of_traffic", "2"),
        },
        choices={
            "device": ("1", "2", "3", "4", "5"),
            "type_of_traffic": ("1", "2", "3"),
        },
    ),
    ServiceType.SUBSCRIPTIONS: TypeRule(
        "Subscriptions",
        ("username", "min", "max", "posts", "delay"),
        Units.SUBSCRIPTION,
        optional=("old_posts", "expiry"),
        choices={"delay": DELAYS},
        limits={"posts": POSTS_LIMITS, "old_posts": OLD_POSTS_LIMITS},
    ),
}


def _spellings(label: str) -> list[str]:
    """Return `label` in lower case without spaces, each word with and without an s."""
    stems = [word.removesuffix("s") for word in label.lower().split()]
    return ["".join(words) for words in product(*((s, f"{s}s") for s in stems))]


_BY_SPELLING = {
    spelling: service_type
    for service_type, rule in TYPES.items()
    for spelling in _spellings(rule.label)
}


def read_type(text: object) -> ServiceType | None:
    """Return the type that upstream's `text` names, or None: never a guess at Default.

    Case, spaces, `_`, `-` and a plural s make no difference.
    """
    if not isinstance(text, str):
        return None
    return _BY_SPELLING.get(re.sub(r"[\s_-]+", "", text).lower())


def lines(value: object) -> list[str]:
    """Return the non-empty lines of a field, trimmed: what is counted is what is sent."""
    text = "" if value is None else str(value)
    return [line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip()]


def units(service_type: ServiceType, fields: Mapping[str, object]) -> int:
    """Return how many units an order of this type with these fields is charged for.

    Numbers may be ints or text, as forms and the API give them. Raises ValueError where
    a number that is needed is missing or is not a whole number of at least zero.
    """
    match TYPES[service_type].units:
        case Units.PACKAGE:
            return 1
        case Units.LINES_COMMENTS:
            return len(lines(fields.get("comments")))
        case Units.LINES_USERNAMES:
            return len(lines(fields.get("usernames")))
        case Units.SUBSCRIPTION:
            posts = _whole(fields, "posts") + _whole(fields, "old_posts", default=0)
            return _whole(fields, "max") * posts
        case Units.QUANTITY_RUNS:
            return _whole(fields, "quantity") * _whole(fields, "runs", default=1)
    return _whole(fields, "quantity")


def _whole(
    fields: Mapping[str, object], name: str, *, default: int | None = None
) -> int:
    value = fields.get(name)
    if value is None or value == "":
        if default is None:
            raise ValueError(f"{name} is missing")
        return default
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"{name} is not a whole number")
    return int(text)
