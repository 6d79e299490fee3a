"""PayPal: orders that the customer allows on PayPal's page, and we capture."""

from payments.gateways.paypal.gateway import PaypalGateway

__all__ = ["PaypalGateway"]
