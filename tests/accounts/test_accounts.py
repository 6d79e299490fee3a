"""People and their keys."""

import pytest
from django.db import IntegrityError

from accounts import actions
from accounts.models import ApiKey, User
from accounts.queries import api_key, user_by_api_key
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_key_is_shown_once_and_kept_as_its_digest() -> None:
    alice = make_customer()

    key = actions.rotate_api_key(user=alice)

    assert user_by_api_key(key=key) == alice
    kept = ApiKey.objects.get()
    assert key not in (kept.digest, kept.hint)
    assert str(kept) == f"{key[:6]}…"


def test_a_new_key_ends_the_old_one() -> None:
    alice = make_customer()
    old = actions.rotate_api_key(user=alice)

    new = actions.rotate_api_key(user=alice)

    assert user_by_api_key(key=old) is None
    assert user_by_api_key(key=new) == alice


def test_a_revoked_key_opens_nothing() -> None:
    alice = make_customer()
    key = actions.rotate_api_key(user=alice)

    assert actions.revoke_api_key(user=alice)
    assert not actions.revoke_api_key(user=alice)

    assert user_by_api_key(key=key) is None
    assert api_key(user=alice) is None


def test_the_key_of_somebody_who_left_opens_nothing() -> None:
    alice = make_customer()
    key = actions.rotate_api_key(user=alice)
    User.objects.update(is_active=False)

    assert user_by_api_key(key=key) is None


def test_the_use_of_a_key_is_noted_once_a_minute() -> None:
    key = actions.rotate_api_key(user=make_customer())

    user_by_api_key(key=key)
    first = ApiKey.objects.get().last_used_at
    user_by_api_key(key=key)

    assert first is not None
    assert ApiKey.objects.get().last_used_at == first


def test_one_key_is_in_force_at_a_time_by_the_database() -> None:
    alice = make_customer()
    actions.rotate_api_key(user=alice)

    with pytest.raises(IntegrityError, match="api_key_one_in_force"):
        ApiKey.objects.create(user=alice, digest="x" * 64, hint="x")


def test_addresses_are_kept_in_lower_case() -> None:
    alice = User.objects.create_user(" Alice@Example.COM ", "a good password")

    assert alice.email == "alice@example.com"
    assert User.objects.get_by_natural_key("ALICE@example.com") == alice
    with pytest.raises(IntegrityError, match="user_email_in_lower_case"):
        User.objects.filter(pk=alice.pk).update(email="Alice@example.com")


def test_a_user_needs_an_address() -> None:
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user("")


def test_a_language_is_remembered() -> None:
    alice = make_customer()

    actions.choose_language(user=alice, language="ko")

    assert User.objects.get(pk=alice.pk).language == alice.language == "ko"


def test_people_are_called_by_name_or_address() -> None:
    alice = User(email="alice@example.com")
    assert (str(alice), alice.get_short_name()) == ("alice@example.com", "alice")

    alice.name = "Alice"
    assert (alice.get_full_name(), alice.get_short_name()) == ("Alice", "Alice")
