"""Logging in in two steps: what the log-in library asks the shop about it."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from shop.crypto import decrypt, encrypt

# What is a second step by itself; recovery codes stand in for one.
STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class TwoSteps(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of authenticator apps encrypted, as providers' keys are."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": number + 1}

    def _get_site_name(self) -> str:
        return str(settings.SHOP_NAME)


def second_steps(user: User) -> QuerySet[Authenticator]:
    """Return what somebody logs in with beside the password, or instead of it."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type__in=STEPS
    )
    return found


def has_two_steps(user: User) -> bool:
    """Return whether somebody needs more than a password to log in."""
    return second_steps(user).exists()
