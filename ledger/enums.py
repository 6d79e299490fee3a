"""The kinds of accounts and transfers."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AccountKind(models.TextChoices):
    """Whose money an account holds. The first three are a customer's buckets."""

    PAID = "paid", _("balance")
    BONUS = "bonus", _("bonus")
    DEBT = "debt", _("debt")
    SALES = "sales", _("sales")
    CREDIT = "credit", _("credits by staff")
    PROVIDER = "provider", _("provider")
    COST = "cost", _("cost of services")
    LOSS = "loss", _("refunds at the shop's risk")
    OWN = "own", _("the shop's own money")
    GATEWAY = "gateway", _("payments")
    GIFTS = "gifts", _("bonuses given")


class Bucket(models.TextChoices):
    """The part of a customer's money that a transfer moves."""

    NONE = "", _("none")
    PAID = AccountKind.PAID
    BONUS = AccountKind.BONUS
    DEBT = AccountKind.DEBT


class TransferKind(models.TextChoices):
    """Why money moved. With the subject's number it names the cause."""

    CREDIT = "credit", _("Credit")
    CREDIT_REVERSAL = "credit:reversal", _("Credit reversed")
    ORDER_CHARGE = "order:charge", _("Order")
    ORDER_REFUND = "order:refund", _("Refund")
    ORDER_COST = "order:cost", _("Cost of an order")
    ORDER_COST_SECOND = "order:cost-second", _("Cost of a second upstream order")
    ORDER_COST_CORRECTION = "order:cost-correction", _("Cost corrected")
    ORDER_LOSS = "order:loss", _("Refund at the shop's risk")
    PROVIDER_FUNDS = "provider:funds", _("Funds sent to a provider")
    TOPUP_CREDIT = "topup:credit", _("Funds added")
    TOPUP_BONUS = "topup:bonus", _("Bonus")
    TOPUP_REFUND = "topup:refund", _("Payment refunded")
    TOPUP_DISPUTE = "topup:dispute", _("Payment disputed")
    TOPUP_RETURNED = "topup:returned", _("Disputed payment settled")
    TOPUP_BONUS_BACK = "topup:bonus-back", _("Bonus taken back")
    TOPUP_BONUS_AGAIN = "topup:bonus-again", _("Bonus given again")
    DEBT_REPAID = "debt:repaid", _("Debt repaid")


CUSTOMER_KINDS = (AccountKind.PAID, AccountKind.BONUS, AccountKind.DEBT)


class Group(models.TextChoices):
    """What a customer looks for on their statement."""

    PAYMENTS = "payments", pgettext_lazy("statement", "Payments")
    ORDERS = "orders", pgettext_lazy("statement", "Orders")
    REFUNDS = "refunds", _("Refunds of orders")
    BONUS = "bonus", _("Bonus")


# Of what moves a customer's money; a test sees that nothing is left out.
GROUPS: Mapping[Group, frozenset[TransferKind]] = {
    Group.PAYMENTS: frozenset(
        {
            TransferKind.CREDIT,
            TransferKind.CREDIT_REVERSAL,
            TransferKind.TOPUP_CREDIT,
            TransferKind.TOPUP_REFUND,
            TransferKind.TOPUP_DISPUTE,
            TransferKind.TOPUP_RETURNED,
            TransferKind.DEBT_REPAID,
        }
    ),
    Group.ORDERS: frozenset({TransferKind.ORDER_CHARGE}),
    Group.REFUNDS: frozenset({TransferKind.ORDER_REFUND}),
    Group.BONUS: frozenset(
        {
            TransferKind.TOPUP_BONUS,
            TransferKind.TOPUP_BONUS_BACK,
            TransferKind.TOPUP_BONUS_AGAIN,
        }
    ),
}
