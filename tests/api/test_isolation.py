"""Nobody reads or moves what is another customer's, and nobody learns that it is there."""

import pytest
from django.test import Client

from accounts.actions import revoke_api_key, rotate_api_key
from accounts.models import User
from orders.enums import Status
from orders.models import Order
from provider.models import Service
from tests.api.callers import URL, Caller, accept, nothing_happens
from tests.factories import make_order


@pytest.fixture
def order(alice: Caller, service: Service) -> Order:
    """Alice's order, completed, with a refill under way."""
    order = accept(make_order(alice.user, service), Status.COMPLETED)
    alice("refill", order=order.pk)
    return order


@pytest.mark.parametrize("action", ["status", "refill", "cancel"])
def test_a_foreign_order_is_an_incorrect_order_id(
    bob: Caller, order: Order, action: str
) -> None:
    with nothing_happens():
        reply = bob(action, order=order.pk)

    assert reply == {"error": "Incorrect order ID"}


@pytest.mark.parametrize(
    ("action", "row"),
    [
        ("status", lambda pk, error: {str(pk): error}),
        ("refill", lambda pk, error: [{"order": pk, "refill": error}]),
        ("cancel", lambda pk, error: [{"order": pk, "cancel": error}]),
    ],
)
def test_a_foreign_order_among_many_is_no_different(
    bob: Caller, order: Order, action: str, row: object
) -> None:
    assert callable(row)

    with nothing_happens():
        reply = bob(action, orders=order.pk)

    assert reply == row(order.pk, {"error": "Incorrect order ID"})


def test_a_foreign_refill_is_not_found(bob: Caller, order: Order) -> None:
    refill = order.requests.get()

    assert bob("refill_status", refill=refill.pk) == {"error": "Refill not found"}
    assert bob("refill_status", refills=refill.pk) == [
        {"refill": refill.pk, "status": {"error": "Refill not found"}}
    ]


def test_each_customer_has_a_balance_of_their_own(
    alice: Caller, bob: Caller, order: Order
) -> None:
    assert alice("balance")["balance"] == "98"
    assert bob("balance")["balance"] == "100"


ACTIONS = ["balance", "services", "add", "status", "refill", "refill_status", "cancel"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("key", ["", " ", "wrong", "k" * 10_000, "열쇠"])
def test_without_a_key_in_force_nothing_is_told_or_done(
    order: Order, action: str, key: str
) -> None:
    fields = {"action": action, "order": order.pk, "service": order.service_id}

    with nothing_happens():
        reply = Client().post(URL, {"key": key, **fields})

    assert reply.status_code == 200
    assert reply.json() == {"error": "Invalid API key"}


def test_a_missing_key_is_an_invalid_one(db: None) -> None:
    assert Client().post(URL, {"action": "balance"}).json() == {
        "error": "Invalid API key"
    }


def test_an_old_key_is_an_invalid_one(alice: Caller) -> None:
    new = rotate_api_key(user=alice.user)

    assert alice("balance") == {"error": "Invalid API key"}
    alice.key = new
    assert alice("balance") == {"balance": "100", "currency": "USD"}
    revoke_api_key(user=alice.user)
    assert alice("balance") == {"error": "Invalid API key"}


def test_a_customer_who_was_locked_out_has_no_key(alice: Caller) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_active=False)

    assert alice("balance") == {"error": "Invalid API key"}


def test_being_logged_in_is_not_a_key(alice: Caller) -> None:
    alice.client.force_login(alice.user)
    alice.key = ""

    assert alice("balance") == {"error": "Invalid API key"}
