"""Fields that the database does not read."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from provider.models import Provider
from shop.crypto import decrypt, encrypt
from tests.factories import make_provider


@pytest.mark.django_db(transaction=True)
def test_a_providers_key_is_not_in_the_database() -> None:
    provider = make_provider(key="a very secret key")

    with connection.cursor() as cursor:
        cursor.execute("SELECT provider_provider::text FROM provider_provider")
        assert "secret" not in cursor.fetchone()[0]
    assert Provider.objects.get(pk=provider.pk).key == "a very secret key"


def test_an_old_key_still_decrypts(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    token = encrypt("text")

    settings.FIELD_KEYS = [new, old]
    assert decrypt(token) == "text"
    settings.FIELD_KEYS = [new]
    with pytest.raises(ImproperlyConfigured, match="removed"):
        decrypt(token)


@pytest.mark.parametrize("keys", [[], ["short"]])
def test_without_a_good_key_nothing_is_encrypted(
    keys: list[str], settings: Settings
) -> None:
    settings.FIELD_KEYS = keys

    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        encrypt("text")
