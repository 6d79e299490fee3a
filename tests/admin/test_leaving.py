"""Staff in two steps, and what staff do for customers who left or lost their phone."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import actions
from accounts.models import User
from tests.admin.acting import SUBMITTED, button_of, log_in
from tests.factories import make_admin, make_customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> User:
    return make_admin()


@pytest.fixture
def client(admin: User) -> Client:
    return log_in(admin)


@pytest.mark.parametrize("required", [True, False])
def test_staff_set_it_up_before_they_see_the_admin(
    client: Client, admin: User, settings: Settings, required: bool
) -> None:
    settings.REQUIRE_STAFF_2FA = required

    response = client.get("/admin/")
    assert (response.status_code == 302) == required
    if required:
        assert response.url == reverse("mfa_index")

    Authenticator.objects.create(user=admin, type="totp", data={"secret": ""})
    assert client.get("/admin/").status_code == 200


def test_recovery_codes_alone_are_no_second_step(
    client: Client, admin: User, settings: Settings
) -> None:
    settings.REQUIRE_STAFF_2FA = True
    Authenticator.objects.create(user=admin, type="recovery_codes", data={})
    assert client.get("/admin/").status_code == 302


def close(user: User) -> None:
    with transaction.atomic():
        actions.close(user_id=user.pk)


def test_a_closed_account_is_reopened_by_a_button(client: Client) -> None:
    alice = make_customer()
    page = reverse("admin:accounts_user_change", args=[alice.pk])
    assert "Reopen" not in client.get(page).content.decode()
    close(alice)
    assert "Reopen" in client.get(page).content.decode()

    client.post(button_of(alice, "reopen"), SUBMITTED)

    alice.refresh_from_db()
    assert (alice.is_active, alice.closed_at) == (True, None)


def test_who_is_forgotten_stays_so(client: Client) -> None:
    alice = make_customer()
    close(alice)
    User.objects.filter(pk=alice.pk).update(forgotten_at=Now())

    client.post(button_of(alice, "reopen"), SUBMITTED)

    alice.refresh_from_db()
    assert not alice.is_active


def test_the_active_switch_of_a_closed_account_is_not_to_be_pressed(
    client: Client,
) -> None:
    alice = make_customer()
    close(alice)
    page = reverse("admin:accounts_user_change", args=[alice.pk])
    assert 'name="is_active"' not in client.get(page).content.decode()


def test_second_steps_are_removed_by_a_button(client: Client) -> None:
    alice = make_customer()
    Authenticator.objects.create(user=alice, type="totp", data={})

    client.post(button_of(alice, "drop_two_steps"), SUBMITTED)

    assert Authenticator.objects.count() == 0


def test_only_an_admin_removes_those_of_staff() -> None:
    helper = User.objects.create_user("helper@example.com", "x", is_staff=True)
    helper.user_permissions.set(_permissions("view_user", "change_user"))
    other = User.objects.create_user("other@example.com", "x", is_staff=True)
    Authenticator.objects.create(user=other, type="totp", data={})

    response = log_in(helper).post(button_of(other, "drop_two_steps"), SUBMITTED)

    assert response.status_code == 403
    assert Authenticator.objects.count() == 1


def _permissions(*names: str) -> list[Permission]:
    return list(Permission.objects.filter(codename__in=names))
