"""Keys and users under pressure: odd text, and two at once."""

from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError

from accounts import actions
from accounts.models import ApiKey, User
from accounts.queries import api_key, user_by_api_key
from tests.factories import make_customer
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "키", "a" * 100_000])
def test_whatever_a_program_sends_as_a_key_opens_nothing(text: str) -> None:
    actions.rotate_api_key(user=make_customer())

    assert user_by_api_key(key=text) is None


@pytest.mark.django_db(transaction=True)
def test_of_keys_made_at_once_the_last_is_in_force() -> None:
    alice = make_customer()

    keys = together(*[partial(actions.rotate_api_key, user=alice)] * 8)

    assert ApiKey.objects.filter(revoked_at=None).count() == 1
    assert ApiKey.objects.count() == 8
    assert [user_by_api_key(key=key) for key in keys].count(alice) == 1
    assert api_key(user=alice)


def test_a_digest_belongs_to_one_key() -> None:
    actions.rotate_api_key(user=make_customer())

    with pytest.raises(IntegrityError, match="digest"):
        ApiKey.objects.create(
            user=make_customer(), digest=ApiKey.objects.get().digest, hint="x"
        )


def test_an_address_belongs_to_one_user() -> None:
    make_customer("alice@example.com")

    with pytest.raises(IntegrityError, match="email"):
        User.objects.create_user("Alice@example.com")


@pytest.mark.parametrize("staff", [True, False])
def test_a_user_made_by_a_command_has_a_confirmed_address(staff: bool) -> None:
    user = actions.add_user(email="Alice@Example.com", password=None, staff=staff)

    address = EmailAddress.objects.get()
    assert (address.user, address.email) == (user, "alice@example.com")
    assert address.verified
    assert address.primary
    assert (user.is_staff, user.is_superuser) == (staff, staff)
    assert not user.has_usable_password()


def test_a_form_brings_an_address_into_lower_case() -> None:
    user = User(email=" Alice@Example.com ", password="x")

    user.clean()

    assert user.email == "alice@example.com"
