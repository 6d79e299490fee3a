"""The words of the upstream side."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from provider.protocol.errors import ErrorClass
from provider.protocol.types import TYPES, ServiceType

SERVICE_TYPES = [(kind.value, TYPES[kind].label) for kind in ServiceType]
ERROR_CLASSES = [(kind.value, kind.value.replace("_", " ")) for kind in ErrorClass]


class RuleScope(models.TextChoices):
    """What a markup rule is about; the narrowest one decides."""

    SERVICE = "service", _("one service")
    CATEGORY = "category", _("a category")
    PROVIDER = "provider", _("a provider")
    EVERYTHING = "everything", _("everything")


class OffReason(models.TextChoices):
    """Why the shop itself does not sell a service that staff have switched on."""

    NONE = "", _("on sale")
    TYPE_UNKNOWN = "type_unknown", _("its type is not known")
    OVERCHARGED = "overcharged", _("the provider charged more than expected")
    WITHDRAWN = "withdrawn", _("the provider withdrew it")
    PRICE_CHECK = "price_check", _("its price is being checked")


class LossPolicy(models.TextChoices):
    """What becomes of an order that would cost more than its customer paid."""

    HOLD = "hold", _("keep it until the price is right again")
    REFUND = "refund", _("cancel it and give the charge back")
    SEND = "send", _("send it at a loss, up to the limit")


class SyncOutcome(models.TextChoices):
    """How a run of the catalogue sync ended."""

    APPLIED = "applied", _("applied")
    UNCHANGED = "unchanged", _("nothing changed")
    STOPPED = "stopped", _("stopped, nothing changed")
    FAILED = "failed", _("no usable answer, nothing changed")
