"""Closed accounts: reopened, or forgotten in the end."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.test import Client

from accounts import actions, tasks
from accounts.models import User
from accounts.queries import user_by_api_key
from shop.models import Tick
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> User:
    alice = actions.add_user(email="alice@example.com", password="a good password")
    User.objects.filter(pk=alice.pk).update(name="Alice", api_networks=["192.0.2.7"])
    return alice


def close(user: User, *, days_ago: int = 0) -> None:
    with transaction.atomic():
        actions.close(user_id=user.pk)
    User.objects.filter(pk=user.pk).update(closed_at=Now() - timedelta(days=days_ago))
    user.refresh_from_db()


def test_closing_ends_key_and_log_ins(alice: User) -> None:
    key = actions.rotate_api_key(user=alice)
    client = Client()
    client.force_login(alice)

    close(alice)

    assert (alice.is_active, alice.closed_at is None) == (False, False)
    assert user_by_api_key(key=key) is None
    assert Session.objects.count() == 0
    assert client.get("/account/").status_code == 302


def test_closing_is_part_of_a_step(alice: User) -> None:
    with pytest.raises(RuntimeError):
        actions.close(user_id=alice.pk)


def test_within_the_days_of_grace_it_is_opened_again(alice: User) -> None:
    close(alice, days_ago=13)
    assert actions.forget_closed() == 0

    assert actions.reopen(user=alice)

    alice.refresh_from_db()
    assert (alice.is_active, alice.closed_at) == (True, None)
    assert alice.check_password("a good password")


def test_after_them_it_is_forgotten_who_had_it(alice: User) -> None:
    Authenticator.objects.create(user=alice, type="totp", data={})
    close(alice, days_ago=15)

    assert actions.forget_closed() == 1

    alice.refresh_from_db()
    assert alice.email == f"closed-{alice.pk}@closed.invalid"
    assert (alice.name, alice.api_networks) == ("", [])
    assert not alice.has_usable_password()
    assert EmailAddress.objects.count() == Authenticator.objects.count() == 0
    assert actions.forget_closed() == 0
    assert not actions.reopen(user=alice)


def test_an_open_account_is_not_reopened_or_forgotten(alice: User) -> None:
    assert not actions.reopen(user=alice)
    assert actions.forget_closed() == 0
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_the_address_is_free_again(alice: User) -> None:
    close(alice, days_ago=15)
    actions.forget_closed()
    assert make_customer("alice@example.com").pk != alice.pk


def test_the_task_forgets_once_an_hour(alice: User) -> None:
    tasks.forget_closed()
    close(alice, days_ago=15)
    tasks.forget_closed()
    assert User.objects.filter(forgotten_at=None).count() == 1
    Tick.objects.all().delete()
    tasks.forget_closed()
    assert User.objects.filter(forgotten_at=None).count() == 0


def test_second_steps_are_taken_away_with_all_log_ins(alice: User) -> None:
    Authenticator.objects.create(user=alice, type="totp", data={})
    Client().force_login(alice)

    actions.drop_two_steps(user=alice)

    assert Authenticator.objects.count() == Session.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"closed_at": Now()}, "user_closed_is_inactive"),
        ({"forgotten_at": Now()}, "user_forgotten_only_once_closed"),
        ({"display_currency": "eur"}, "user_display_currency_is_a_code"),
    ],
)
def test_the_database_holds_what_an_account_is(
    alice: User, changes: dict[str, object], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name):
        User.objects.filter(pk=alice.pk).update(**changes)
