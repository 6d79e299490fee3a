"""Keys of gateways: from the environment, else from the admin, encrypted."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pytest_django import Settings

from payments.gateways import registry
from payments.gateways.keys import key_of
from payments.models import GatewayKey
from tests.factories import make_admin

pytestmark = pytest.mark.django_db
SECRET = "live_sk_a-secret-of-toss"
ADD = "/admin/payments/gatewaykey/add/"


def admin() -> Client:
    client = Client()
    client.force_login(make_admin())
    return client


def test_a_gateway_is_offered_with_keys_from_the_admin(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "KRW"
    assert "toss" not in [gateway.name for gateway in registry.offered()]

    admin().post(ADD, {"name": "TOSS_SECRET_KEY", "value": SECRET})

    assert "toss" in [gateway.name for gateway in registry.offered()]
    assert key_of("TOSS_SECRET_KEY") == SECRET


def test_one_of_two_keys_is_not_enough() -> None:
    GatewayKey.objects.create(name="STRIPE_SECRET_KEY", value="sk_test_1")

    assert registry.by_name("stripe") is None


def test_the_environment_goes_first(settings: Settings) -> None:
    GatewayKey.objects.create(name="TOSS_SECRET_KEY", value=SECRET)
    settings.TOSS_SECRET_KEY = "test_sk_of-the-environment"

    assert key_of("TOSS_SECRET_KEY") == "test_sk_of-the-environment"
    page = admin().get("/admin/payments/gatewaykey/").content.decode()
    assert "the environment has another" in page


def test_a_key_is_encrypted_and_never_shown() -> None:
    key = GatewayKey.objects.create(name="TOSS_SECRET_KEY", value=SECRET)

    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM payments_gatewaykey")
        assert SECRET not in cursor.fetchone()[0]
    client = admin()
    for page in ("", f"{key.pk}/change/"):
        assert SECRET not in client.get(f"/admin/payments/gatewaykey/{page}").text


def test_an_empty_key_and_one_of_another_name_are_refused() -> None:
    client = admin()

    for given in (
        {"name": "TOSS_SECRET_KEY", "value": ""},
        {"name": "SECRET_KEY", "value": SECRET},
    ):
        assert client.post(ADD, given).status_code == 200
    assert not GatewayKey.objects.exists()


def test_the_database_holds_one_key_of_a_name_and_no_empty_one() -> None:
    GatewayKey.objects.create(name="TOSS_SECRET_KEY", value=SECRET)

    for name, value in (("TOSS_SECRET_KEY", SECRET), ("PAYPAL_SECRET", "")):
        with pytest.raises(IntegrityError), transaction.atomic():
            GatewayKey.objects.create(name=name, value=value)
