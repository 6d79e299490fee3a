"""Bank transfer: instructions with a code, confirmed by people."""

from payments.gateways.bank.gateway import BankGateway

__all__ = ["BankGateway"]
