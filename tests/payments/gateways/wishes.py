"""What is wished for in the tests of gateways."""

from decimal import Decimal
from typing import Any

from payments.gateways.btcpay import BtcpayGateway
from payments.gateways.paypal import PaypalGateway
from payments.gateways.protocol import Gateway, Wish
from payments.gateways.stripe import StripeGateway
from payments.gateways.toss import TossGateway

GATEWAYS: dict[str, Gateway] = {
    gateway.name: gateway
    for gateway in (StripeGateway(), TossGateway(), BtcpayGateway(), PaypalGateway())
}
REFERENCE = "mgp-7Q2K9XH4"


def wish(amount: str = "12.50", currency: str = "USD", **fields: Any) -> Wish:
    """Return a wish for $12.50, but for what `fields` change."""
    return Wish(
        **{
            "reference": REFERENCE,
            "amount": Decimal(amount),
            "currency": currency,
            "email": "alice@example.com",
            "language": "en",
            "description": "Funds at Magpie",
            "return_url": "http://127.0.0.1:1/funds/1/",
            "cancel_url": "http://127.0.0.1:1/funds/",
            "notify_url": "http://127.0.0.1:1/payments/notify/x/",
            **fields,
        }
    )
