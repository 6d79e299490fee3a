"""Toss Payments: Korean cards, accounts and simple payments, on its own page."""

from payments.gateways.toss.gateway import TossGateway

__all__ = ["TossGateway"]
