"""Reading notices, and how customers want to be told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.models import User
from notices.enums import ALWAYS, DEFAULTS, Kind, Mail, Wish
from notices.models import BalanceWatch, Choice, Notice

# More than so many on the bell are "99+".
MOST_COUNTED = 100


@dataclass(frozen=True)
class Person:
    """Who is told: in which language, when it is morning there, and what they want."""

    language: str
    zone: ZoneInfo
    # Whoever cannot log in gets no mail either.
    mailed: bool = True
    chosen: Mapping[str, Wish] = field(default_factory=dict)

    def wish(self, kind: Kind) -> Wish:
        if kind in ALWAYS:
            return ALWAYS[kind]
        wish = self.chosen.get(kind, DEFAULTS[kind])
        return wish if self.mailed else Wish(in_shop=wish.in_shop, mail=Mail.NEVER)


def people(*, user_ids: Collection[int]) -> dict[int, Person]:
    """Return who these customers are, with what they have chosen, in one query."""
    chosen = Choice.objects.filter(user=OuterRef("pk")).values(
        json=JSONObject(kind="kind", in_shop="in_shop", mail="mail")
    )
    users = User.objects.filter(pk__in=user_ids).annotate(chosen=ArraySubquery(chosen))
    return {
        user.pk: Person(
            language=user.language or settings.LANGUAGE_CODE,
            zone=zone_of(user),
            mailed=user.is_active,
            chosen={row["kind"]: _wish(row) for row in user.chosen},
        )
        for user in users
    }


def _wish(row: Mapping[str, Any]) -> Wish:
    return Wish(in_shop=row["in_shop"], mail=Mail(row["mail"]))


def zone_of(user: User) -> ZoneInfo:
    """Return the time zone in which a customer lives, as far as they said so."""
    try:
        return ZoneInfo(getattr(user, "time_zone", "") or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def wishes_of(*, user: User) -> dict[Kind, Wish]:
    """Return how a customer wants to be told of each kind."""
    chosen = {
        row["kind"]: _wish(row)
        for row in Choice.objects.filter(user=user).values("kind", "in_shop", "mail")
    }
    return {kind: chosen.get(kind, wish) for kind, wish in DEFAULTS.items()}


def threshold_of(*, user: User) -> Decimal | None:
    """Return below what the customer's balance is low; None where they left it to us."""
    watch = BalanceWatch.objects.filter(user=user).first()
    return watch.threshold if watch else None


def low_customers() -> list[int]:
    """Return the customers who know that their balance is low."""
    low = BalanceWatch.objects.filter(low_at__isnull=False)
    return list(low.values_list("user_id", flat=True))


def notices_of(*, user: User, before: int | None = None) -> QuerySet[Notice]:
    """Return a customer's notices in the shop, newest first."""
    found = Notice.objects.filter(user=user, in_shop=True)
    if before is not None:
        found = found.filter(pk__lt=before)
    return found.order_by("-id")


def notice_of(*, user: User, notice_id: int) -> Notice | None:
    """Return the customer's own notice; anybody else's does not exist."""
    return notices_of(user=user).filter(pk=notice_id).first()


def unread(*, user: User) -> int:
    """Return how many notices a customer has not read, counting no further than 100."""
    found = Notice.objects.filter(user=user, in_shop=True, read_at=None)
    return found[:MOST_COUNTED].count()
