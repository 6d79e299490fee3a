"""The words of tickets, as customers read them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Category(models.TextChoices):
    """What a ticket is about."""

    ORDER = "order", _("An order")
    PAYMENT = "payment", _("A payment")
    ACCOUNT = "account", _("My account")
    API = "api", _("The API")
    OTHER = "other", _("Something else")


class Wish(models.TextChoices):
    """What is to be done with the orders that a ticket is about."""

    NONE = "", _("nothing")
    REFILL = "refill", _("Refill")
    CANCEL = "cancel", _("Cancel")
    SPEED_UP = "speed_up", _("Speed up")
    OTHER = "other", _("Something else")


class State(models.TextChoices):
    """Whose turn it is."""

    OPEN = "open", _("Waiting for our answer")
    ANSWERED = "answered", pgettext_lazy("ticket", "Answered")
    CLOSED = "closed", pgettext_lazy("ticket", "Closed")


# Done at once, order by order, where it may be.
AT_ONCE = frozenset({Wish.REFILL, Wish.CANCEL})
