"""What happens to users and their keys."""

import secrets

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import ApiKey, User
from accounts.queries import digest


@transaction.atomic(durable=True)
def rotate_api_key(*, user: User) -> str:
    """Revoke the key in force, make a new one, and return it, for the only time."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=Now())
    key = secrets.token_urlsafe(30)
    ApiKey.objects.create(user=user, digest=digest(key), hint=key[:6])
    return key


@transaction.atomic(durable=True)
def revoke_api_key(*, user: User) -> bool:
    """Revoke the key in force; return whether there was one."""
    return bool(
        ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=Now())
    )


@transaction.atomic(durable=True)
def choose_language(*, user: User, language: str) -> None:
    """Keep `language` (a code of settings.LANGUAGES) for the user's pages and mail."""
    User.objects.filter(pk=user.pk).update(language=language)
    user.language = language


@transaction.atomic(durable=True)
def add_user(*, email: str, password: str | None, staff: bool = False) -> User:
    """Make a user with a confirmed address, for commands; admins where `staff`."""
    make = User.objects.create_superuser if staff else User.objects.create_user
    user = make(email, password)
    EmailAddress.objects.create(
        user=user, email=user.email, primary=True, verified=True
    )
    return user


def freeze(*, user_id: int, reason: str) -> None:
    """Let a customer neither order nor pay from now on; the first reason stays.

    Inside the caller's step.
    """
    _assert_in_transaction()
    User.objects.filter(pk=user_id, frozen_at=None).update(
        frozen_at=Now(), frozen_for=reason
    )


def unfreeze(*, user_id: int, reason: str) -> None:
    """Let a customer order and pay again who was frozen for `reason`.

    Inside the caller's step.
    """
    _assert_in_transaction()
    User.objects.filter(pk=user_id, frozen_for=reason).update(
        frozen_at=None, frozen_for=""
    )


def _assert_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("Somebody is frozen in the transaction of its cause.")


@transaction.atomic(durable=True)
def freeze_by_hand(*, user: User, reason: str) -> bool:
    """Freeze a customer; return whether they were not frozen before."""
    return bool(
        User.objects.filter(pk=user.pk, frozen_at=None).update(
            frozen_at=Now(), frozen_for=reason
        )
    )


@transaction.atomic(durable=True)
def unfreeze_by_hand(*, user: User) -> bool:
    """Let a customer order and pay again, whatever for they were frozen; False if not."""
    return bool(
        User.objects.filter(pk=user.pk, frozen_at__isnull=False).update(
            frozen_at=None, frozen_for=""
        )
    )
