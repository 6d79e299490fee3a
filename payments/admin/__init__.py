"""Payments in the admin."""

from payments.admin.decisions import DecisionAdmin
from payments.admin.keys import GatewayKeyAdmin
from payments.admin.notifications import NotificationAdmin
from payments.admin.terms import BonusRuleAdmin, GatewayTermsAdmin
from payments.admin.topups import TopUpAdmin

__all__ = [
    "BonusRuleAdmin",
    "DecisionAdmin",
    "GatewayKeyAdmin",
    "GatewayTermsAdmin",
    "NotificationAdmin",
    "TopUpAdmin",
]
