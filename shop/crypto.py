"""Fields encrypted at rest. The first key of FIELD_KEYS encrypts, all of them decrypt."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured(
            "FIELD_KEYS is not set; start through manage.py, or generate one with "
            "cryptography.fernet.Fernet.generate_key()"
        )
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_KEYS is malformed: keys of 32 bytes in URL-safe base64, "
            "with commas between them"
        ) from error


def encrypt(text: str) -> str:
    """Return `text` encrypted with the first key, as URL-safe text."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return what `encrypt` was given; ImproperlyConfigured where no key fits."""
    return _decrypt(tuple(settings.FIELD_KEYS), token)


# A provider's key is needed for each of its orders.
@lru_cache(maxsize=256)
def _decrypt(keys: tuple[str, ...], token: str) -> str:
    try:
        return _cipher(keys).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "None of FIELD_KEYS decrypts a stored field: was a key removed?"
        ) from error


class EncryptedField(TextField):
    """Text that is encrypted in the database and plain in Python. Not searchable."""

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value
