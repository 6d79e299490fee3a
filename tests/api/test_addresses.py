"""From where a key may be used."""

import pytest
from pytest_django import Settings

from accounts.actions import limit_api_key
from provider.models import Service
from tests.api.callers import URL, Caller, nothing_happens
from tests.factories import LINK

REFUSAL = {"error": "This API key is not allowed from your address"}


def call(alice: Caller, **headers: str) -> object:
    data = {"key": alice.key, "action": "balance"}
    return alice.client.post(URL, data, **headers).json()


@pytest.mark.django_db(transaction=True)
def test_a_key_from_elsewhere_is_refused_and_does_nothing(
    alice: Caller, service: Service
) -> None:
    limit_api_key(user=alice.user, networks=["203.0.113.0/24"])

    with nothing_happens():
        refused = alice("add", service=service.pk, link=LINK, quantity=1000)

    assert refused == REFUSAL
    assert "balance" in call(alice, REMOTE_ADDR="203.0.113.7")  # type: ignore[operator]


@pytest.mark.django_db(transaction=True)
def test_what_a_client_says_of_itself_counts_only_behind_a_proxy(
    alice: Caller, settings: Settings
) -> None:
    limit_api_key(user=alice.user, networks=["203.0.113.7"])
    claimed = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.7"}
    assert call(alice, **claimed) == REFUSAL

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert call(alice, **claimed) != REFUSAL
    assert call(alice, HTTP_X_FORWARDED_FOR="203.0.113.7, 198.51.100.1") == REFUSAL
