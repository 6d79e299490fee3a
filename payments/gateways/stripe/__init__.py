"""Stripe Checkout: cards and what else the account takes, on Stripe's own page."""

from payments.gateways.stripe.gateway import StripeGateway

__all__ = ["StripeGateway"]
