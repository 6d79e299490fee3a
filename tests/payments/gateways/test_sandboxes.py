"""The same gateways against the real sandboxes, where their keys are in the environment.

What needs a person at the hosted page is not tried here: a payment is started, asked
about, and left to expire.
"""

import os
from collections.abc import Iterator

import pytest
import pytest_socket
from django.utils.crypto import get_random_string

from payments.gateways.protocol import ForgedError, Gateway, State
from tests.payments.gateways.wishes import GATEWAYS, wish

# Which keys a sandbox needs, what tells them from real ones, and what is paid there.
SANDBOXES = {
    "stripe": ("STRIPE_SECRET_KEY", "sk_test_", "12.50", "USD"),
    "toss": ("TOSS_SECRET_KEY", "test_", "12500", "KRW"),
    "paypal": ("PAYPAL_URL", "sandbox", "12.50", "USD"),
    "btcpay": ("BTCPAY_URL", "testnet", "12.50", "USD"),
}


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[tuple[Gateway, str, str]]:
    """A gateway that is configured for its sandbox, and what is paid there."""
    name, mark, amount, currency = SANDBOXES[request.param]
    gateway = GATEWAYS[request.param]
    if mark not in os.environ.get(name, "") or not gateway.is_configured():
        pytest.skip(f"{name} of a sandbox is not in the environment")
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()
    yield gateway, amount, currency
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


def test_a_sandbox_agrees_with_its_fake(sandbox: tuple[Gateway, str, str]) -> None:
    gateway, amount, currency = sandbox
    asked = wish(
        amount,
        currency,
        reference=f"mgp-{get_random_string(12)}",
        return_url="https://shop.example.com/funds/1/",
        cancel_url="https://shop.example.com/funds/",
    )

    assert "answers" in gateway.check()
    started = gateway.start(asked)
    assert started.url.startswith("https://")
    assert gateway.start(asked).remote_id == started.remote_id
    report = gateway.ask(reference=asked.reference, remote_id=started.remote_id)
    assert (report.state, report.amount) == (State.PENDING, 0)
    assert report.reference == asked.reference
    with pytest.raises(ForgedError):
        gateway.read_notification({}, b"{}")
