"""What customers are told of, and how."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """What a customer may be told of; an alert for the staff has none."""

    ORDER_FINISHED = "order_finished", _("Order finished")
    ORDER_PARTIAL = "order_partial", _("Order delivered in part")
    ORDER_CANCELED = "order_canceled", _("Order canceled")
    ORDER_REFUNDED = "order_refunded", _("Refund after an order had ended")
    REFILL = "refill", _("Refill done or rejected")
    TICKET = "ticket", _("Ticket answered")
    PAYMENT_RECEIVED = "payment_received", _("Payment received")
    PAYMENT_RETURNED = "payment_returned", _("Payment refunded or disputed")
    BALANCE_LOW = "balance_low", _("Balance low")
    PRICES = "prices", _("Prices of favourites changed")
    NEWS = "news", _("News of the shop")
    # What happened to the account itself; nobody can do without.
    ACCOUNT = "account", _("Your account")
    # The mail that brings what was chosen for once a day; nobody chooses it by itself.
    DIGEST = "digest", _("Daily summary")


class Mail(models.TextChoices):
    """When a kind of notice comes by mail."""

    NOW = "now", pgettext_lazy("mail", "At once")
    DAILY = "daily", pgettext_lazy("mail", "Once a day")
    NEVER = "never", pgettext_lazy("mail", "Never")


@dataclass(frozen=True)
class Wish:
    """Whether a notice is listed in the shop, and when it comes by mail."""

    in_shop: bool
    mail: Mail


# Of an order that ended as it should nobody is told unless they ask for it: who orders a
# thousand times a day would find nothing else. Where money came back, everybody is.
DEFAULTS: Mapping[Kind, Wish] = {
    Kind.ORDER_FINISHED: Wish(in_shop=False, mail=Mail.NEVER),
    Kind.ORDER_PARTIAL: Wish(in_shop=True, mail=Mail.NOW),
    Kind.ORDER_CANCELED: Wish(in_shop=True, mail=Mail.NOW),
    Kind.ORDER_REFUNDED: Wish(in_shop=True, mail=Mail.NOW),
    Kind.REFILL: Wish(in_shop=True, mail=Mail.NEVER),
    Kind.TICKET: Wish(in_shop=True, mail=Mail.NOW),
    Kind.PAYMENT_RECEIVED: Wish(in_shop=True, mail=Mail.NOW),
    Kind.PAYMENT_RETURNED: Wish(in_shop=True, mail=Mail.NOW),
    Kind.BALANCE_LOW: Wish(in_shop=True, mail=Mail.NOW),
    Kind.PRICES: Wish(in_shop=True, mail=Mail.NEVER),
    Kind.NEWS: Wish(in_shop=True, mail=Mail.NEVER),
}
# What is told whatever was chosen, and mailed even to those who cannot log in any more.
ALWAYS: Mapping[Kind, Wish] = {Kind.ACCOUNT: Wish(in_shop=True, mail=Mail.NOW)}
