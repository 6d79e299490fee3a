"""Payments, what was said and decided about them, and the terms they are made on."""

from payments.models.decisions import Approval, Decision
from payments.models.keys import GatewayKey
from payments.models.proofs import Proof
from payments.models.terms import BonusRule, GatewayTerms
from payments.models.topups import Notification, TopUp, TopUpEvent

__all__ = [
    "Approval",
    "BonusRule",
    "Decision",
    "GatewayKey",
    "GatewayTerms",
    "Notification",
    "Proof",
    "TopUp",
    "TopUpEvent",
]
