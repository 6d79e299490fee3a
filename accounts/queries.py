"""Reading users, keys and log-ins."""

import hashlib
from collections.abc import Collection
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import ApiKey, LogIn, User


def digest(key: str) -> str:
    """Return the digest under which `key` is stored.

    A plain hash is enough: the key has 240 bits of its own randomness.
    """
    # Whoever calls us may send text that is no UTF-8; ours is plain ASCII.
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def user_by_api_key(*, key: str) -> User | None:
    """Return the active user whose key in force is `key`, noting the use by the minute."""
    found = (
        ApiKey.objects.select_related("user")
        .filter(digest=digest(key), revoked_at=None, user__is_active=True)
        .first()
    )
    if found is None:
        return None
    # At most one write a minute: a busy client would otherwise fight for the row.
    ApiKey.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1)),
        pk=found.pk,
    ).update(last_used_at=Now())
    return found.user


def api_key(*, user: User) -> ApiKey | None:
    """Return the user's key in force, if there is one."""
    return ApiKey.objects.filter(user=user, revoked_at=None).first()


def is_within(*, address: str | None, networks: Collection[str]) -> bool:
    """Return whether `address` is in one of `networks`; anything is, where there are none.

    An IPv4 address that is written as an IPv6 one counts as itself.
    """
    if not networks:
        return True
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ip_network(network) for network in networks)


def log_ins(*, user: User) -> QuerySet[LogIn]:
    """Return where the user is logged in, what was seen last first."""
    return user.log_ins.filter(session__expire_date__gt=Now()).order_by("-seen_at")


def beyond_grace() -> QuerySet[User]:
    """Return the closed accounts whose owners are to be forgotten by now."""
    limit = Now() - timedelta(days=settings.CLOSING_DAYS)
    return User.objects.filter(closed_at__lt=limit, forgotten_at=None)
