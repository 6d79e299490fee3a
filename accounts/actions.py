"""What happens to users and their keys."""

import secrets

from allauth.account.models import EmailAddress
from django.db import transaction
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
