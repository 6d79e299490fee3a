"""What happens to users, their keys and their log-ins."""

import secrets
from collections.abc import Sequence

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import ApiKey, User
from accounts.queries import beyond_grace, digest


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
def limit_api_key(*, user: User, networks: Sequence[str]) -> None:
    """Let the user's key work from `networks` only, also those to come; () for anywhere."""
    User.objects.filter(pk=user.pk).update(api_networks=list(networks))
    user.api_networks = list(networks)


@transaction.atomic(durable=True)
def describe(
    *, user: User, name: str, language: str, time_zone: str, display_currency: str
) -> None:
    """Keep how somebody is called, and how pages speak to them."""
    changes = {
        "name": name,
        "language": language,
        "time_zone": time_zone,
        "display_currency": display_currency,
    }
    User.objects.filter(pk=user.pk).update(**changes)
    for field, value in changes.items():
        setattr(user, field, value)


@transaction.atomic(durable=True)
def choose_language(*, user: User, language: str) -> None:
    """Keep `language` (a code of settings.LANGUAGES) for the user's pages and mail."""
    User.objects.filter(pk=user.pk).update(language=language)
    user.language = language


def note_log_in(
    *, user_id: int, session_key: str, address: str | None, browser: str
) -> None:
    """Write down that a session was seen, from where, and with which browser.

    One statement and no step of its own, as it happens within whatever a log-in happens
    in. A session that ended meanwhile is not written down.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_login
                (session_id, user_id, address, browser, created_at, seen_at)
            SELECT session_key, %s, %s::inet, %s, now(), now()
            FROM django_session WHERE session_key = %s FOR KEY SHARE
            ON CONFLICT (session_id) DO UPDATE SET
                user_id = excluded.user_id, address = excluded.address,
                browser = excluded.browser, seen_at = now()
            """,
            [user_id, address, browser[:300], session_key],
        )


@transaction.atomic(durable=True)
def end_log_in(*, user: User, number: str) -> bool:
    """Log a user out of the session that the page called `number`; False if not theirs."""
    for log_in in user.log_ins.all():
        if digest(log_in.pk) == number:
            Session.objects.filter(pk=log_in.pk).delete()
            return True
    return False


@transaction.atomic(durable=True)
def end_other_log_ins(*, user: User, session_key: str | None) -> int:
    """Log a user out everywhere but in the session `session_key`; return of how many."""
    others = Session.objects.filter(log_in__user=user).exclude(pk=session_key or "")
    number = others.count()
    others.delete()
    return number


@transaction.atomic(durable=True)
def drop_two_steps(*, user: User) -> None:
    """Take away all that a user needs beside the password, and log them out everywhere."""
    Authenticator.objects.filter(user=user).delete()
    Session.objects.filter(log_in__user=user).delete()


def close(*, user_id: int) -> None:
    """Close an account: nobody logs in to it, and its key no longer works.

    Inside the caller's step, which has looked whether it may be closed. Who it was stays
    for CLOSING_DAYS, in which staff can reopen it.
    """
    _assert_in_transaction()
    User.objects.filter(pk=user_id, closed_at=None).update(
        closed_at=Now(), is_active=False
    )
    ApiKey.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=Now())
    Session.objects.filter(log_in__user_id=user_id).delete()


@transaction.atomic(durable=True)
def reopen(*, user: User) -> bool:
    """Open an account again that its owner closed; False where it is too late for it.

    Its API key stays revoked.
    """
    return bool(
        User.objects.filter(
            pk=user.pk, closed_at__isnull=False, forgotten_at=None
        ).update(closed_at=None, is_active=True)
    )


def forget_closed() -> int:
    """Forget who had the accounts that were closed CLOSING_DAYS ago; return how many.

    Orders and transfers stay, under a number: they are the shop's books.
    """
    pks = list(beyond_grace().values_list("pk", flat=True)[:100])
    return sum(_forget(pk) for pk in pks)


@transaction.atomic(durable=True)
def _forget(user_id: int) -> bool:
    # As now, not as when they were listed: staff may have reopened it.
    user = beyond_grace().select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        return False
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.email = f"closed-{user.pk}@{settings.CLOSED_HOST}"
    user.name, user.api_networks, user.forgotten_at = "", [], Now()
    user.save(
        update_fields=["password", "email", "name", "api_networks", "forgotten_at"]
    )
    return True


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
