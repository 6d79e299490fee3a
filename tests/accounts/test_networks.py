"""From where an API key works, and what is taken for an address."""

import pytest

from accounts import actions
from accounts.forms import MOST_NETWORKS, NetworksForm
from accounts.queries import is_within
from tests.factories import make_customer


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("198.51.100.200", True),
        ("2001:db8:1::5", True),
        ("2001:db9::5", False),
        ("::ffff:203.0.113.7", True),
        ("nonsense", False),
        (None, False),
    ],
)
def test_an_address_is_in_one_of_the_networks(
    address: str | None, inside: bool
) -> None:
    networks = ["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"]
    assert is_within(address=address, networks=networks) == inside


def test_without_networks_anybody_is_inside() -> None:
    assert is_within(address=None, networks=[])


def test_what_is_typed_is_kept_in_one_spelling() -> None:
    form = NetworksForm(
        {"networks": "203.0.113.7\r\n198.51.100.9/24\n\n203.0.113.7/32 2001:DB8::/32"}
    )
    assert form.is_valid()
    assert form.cleaned_data["networks"] == [
        "203.0.113.7",
        "198.51.100.0/24",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("text", ["shop.example.com", "203.0.113.7/33", "300.1.1.1"])
def test_what_is_no_address_is_named(text: str) -> None:
    form = NetworksForm({"networks": f"203.0.113.7\n{text}"})
    assert not form.is_valid()
    assert form.errors["networks"] == [f"{text} is neither an address nor a network."]


def test_too_many_are_refused() -> None:
    lines = "\n".join(f"10.0.0.{number}" for number in range(MOST_NETWORKS + 1))
    assert not NetworksForm({"networks": lines}).is_valid()


@pytest.mark.django_db(transaction=True)
def test_networks_outlive_the_key() -> None:
    alice = make_customer()
    actions.limit_api_key(user=alice, networks=["203.0.113.7"])
    actions.rotate_api_key(user=alice)
    alice.refresh_from_db()
    assert alice.api_networks == ["203.0.113.7"]
