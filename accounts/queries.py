"""Reading users and keys."""

import hashlib
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ApiKey, User


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
