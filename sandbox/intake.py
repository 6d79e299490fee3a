"""Reading what an `add` asks for, and refusing what cannot be done."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sandbox import fate
from sandbox.catalogue import Service
from sandbox.errors import RefusedError
from sandbox.types import Counts

MOST_RUNS = 1000
MOST_POSTS = 1000
LONGEST_LINK = 2000
DELAYS = {0, 5, 10, 15, 30, 60, 90}
# Fields whose absence has a wording of its own; clients tell refusals apart by text.
WORDINGS = {
    "link": "Bad link",
    "comments": "Bad comments",
    "quantity": "Incorrect quantity",
}
TRAFFIC_NEEDS = {"1": "google_keyword", "2": "referring_url", "3": None}


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order is charged for: all units, and the runs they are split into."""

    units: int
    runs: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a subscription may order: units per post, and for how many posts."""

    minimum: int
    maximum: int
    posts: int
    expires_at: float | None


def read_order(service: Service, fields: Mapping[str, str]) -> Demand:
    """Return what `fields` order of `service`.

    Checks, in this order: the link, every field the type requires, its own rules,
    the drip-feed, then the limits. Raises RefusedError with the first thing wrong.
    """
    kind = service.kind
    if "link" in kind.required:
        _check_link(fields.get("link", ""))
    _check_present(kind.required, fields)
    if "answer_number" in kind.required:
        _number(fields["answer_number"], "Incorrect answer number")
    if "type_of_traffic" in kind.required:
        _check_traffic(fields)
    runs = _runs(service, fields)
    amount = _amount(kind.counts, fields)
    if not kind.per_package:
        check_limits(service, amount)
    return Demand(amount * (runs or 1), runs)


def read_subscription(service: Service, fields: Mapping[str, str]) -> Plan:
    """Return what a subscription in `fields` may order of `service`.

    `old_posts` are counted in; without `posts` it ends after a thousand. Raises
    RefusedError with the first thing wrong.
    """
    _check_present(service.kind.required, fields)
    minimum = _number(fields["min"], "Incorrect quantity")
    maximum = _number(fields["max"], "Incorrect quantity")
    if minimum > maximum:
        raise RefusedError("Incorrect quantity")
    check_limits(service, minimum)
    check_limits(service, maximum)
    if fields["delay"].strip() not in {str(delay) for delay in DELAYS}:
        raise RefusedError("Incorrect delay")
    posts = _posts(fields.get("posts", ""), absent=MOST_POSTS, least=1)
    old_posts = _posts(fields.get("old_posts", ""), absent=0, least=0)
    return Plan(minimum, maximum, posts + old_posts, _expiry(fields.get("expiry", "")))


def check_limits(service: Service, amount: int) -> None:
    """Raise RefusedError when `amount` units are fewer or more than one may order."""
    least = max(service.minimum or 1, 1)
    if amount < least:
        raise RefusedError(f"Quantity less than minimal {least}")
    if service.maximum is not None and amount > service.maximum:
        raise RefusedError(f"Quantity more than maximum {service.maximum}")


def _check_present(names: tuple[str, ...], fields: Mapping[str, str]) -> None:
    for name in names:
        if not fields.get(name, "").strip():
            raise RefusedError(WORDINGS.get(name, f"Missing parameter: {name}"))


def _check_link(link: str) -> None:
    try:
        parts = urlsplit(link.strip())
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    spaced = len(link.split()) != 1
    if not good or spaced or len(link) > LONGEST_LINK or "refuse" in fate.wishes(link):
        raise RefusedError("Bad link")


def _check_traffic(fields: Mapping[str, str]) -> None:
    kind = fields["type_of_traffic"].strip()
    if kind not in TRAFFIC_NEEDS:
        raise RefusedError("Incorrect type of traffic")
    needed = TRAFFIC_NEEDS[kind]
    if needed:
        _check_present((needed,), fields)


def _runs(service: Service, fields: Mapping[str, str]) -> int | None:
    runs, interval = fields.get("runs", "").strip(), fields.get("interval", "").strip()
    if not runs and not interval:
        return None
    if not service.kind.drip_feed or not service.drip_feed:
        raise RefusedError("Drip-feed is disabled for this service")
    wording = "Incorrect runs or interval"
    if not 1 <= _number(runs, wording) <= MOST_RUNS or _number(interval, wording) < 1:
        raise RefusedError(wording)
    return int(runs)


def _amount(counts: Counts, fields: Mapping[str, str]) -> int:
    if counts is Counts.PACKAGE:
        return 1
    if counts is Counts.QUANTITY:
        return _number(fields["quantity"], WORDINGS["quantity"])
    return sum(1 for line in fields[counts.value].splitlines() if line.strip())


def _posts(text: str, *, absent: int, least: int) -> int:
    if not text.strip():
        return absent
    posts = _number(text, "Incorrect posts")
    if not least <= posts <= MOST_POSTS:
        raise RefusedError("Incorrect posts")
    return posts


def _expiry(text: str) -> float | None:
    """Return the end of the day `d/m/Y`, in seconds since 1970, or None."""
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%d/%m/%Y").replace(tzinfo=UTC)
        return (day + timedelta(days=1)).timestamp()
    except (ValueError, OverflowError):
        raise RefusedError("Incorrect expiry") from None


def _number(text: str, wording: str) -> int:
    """Return a whole number of at most ten digits; RefusedError(wording) if not one."""
    if not re.fullmatch(r"[0-9]{1,10}", text.strip()):
        raise RefusedError(wording)
    return int(text)
