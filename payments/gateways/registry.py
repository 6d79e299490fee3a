"""Every gateway that there is. Adding one is a folder beside this file, and a line here."""

from collections.abc import Mapping, Sequence

from django.conf import settings

from payments.gateways.bank import BankGateway
from payments.gateways.btcpay import BtcpayGateway
from payments.gateways.paypal import PaypalGateway
from payments.gateways.protocol import Gateway
from payments.gateways.stripe import StripeGateway
from payments.gateways.test.gateway import TestGateway
from payments.gateways.toss import TossGateway

# In the order in which customers read them.
_ALL: Sequence[Gateway] = (
    StripeGateway(),
    PaypalGateway(),
    TossGateway(),
    BtcpayGateway(),
    BankGateway(),
    TestGateway(),
)
# All keys there are: those that the admin may keep (payments.gateways.keys).
KEYS: Sequence[str] = [name for gateway in _ALL for name in gateway.keys]
GATEWAYS: Mapping[str, Gateway] = {gateway.name: gateway for gateway in _ALL}


def by_name(name: str) -> Gateway | None:
    """Return a gateway whose keys are there, or None."""
    gateway = GATEWAYS.get(name)
    return gateway if gateway is not None and gateway.is_configured() else None


def offered() -> list[Gateway]:
    """Return the gateways that customers may choose: configured, for our currency."""
    return [
        gateway
        for gateway in GATEWAYS.values()
        if gateway.is_configured() and settings.SHOP_CURRENCY in gateway.currencies()
    ]
