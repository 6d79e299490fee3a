"""The words of the upstream side."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from provider.links import PROFILES
from provider.protocol.errors import ErrorClass
from provider.protocol.types import TYPES, ServiceType

SERVICE_TYPES = [(kind.value, TYPES[kind].label) for kind in ServiceType]
ERROR_CLASSES = [(kind.value, kind.value.replace("_", " ")) for kind in ErrorClass]
LINK_NETWORKS = [(name, PROFILES[name].format("…")) for name in sorted(PROFILES)]


class RuleScope(models.TextChoices):
    """What a markup rule is about; the narrowest one decides."""

    SERVICE = "service", _("one service")
    CATEGORY = "category", _("a category")
    PROVIDER = "provider", _("a provider")
    EVERYTHING = "everything", _("everything")


class Rounding(models.TextChoices):
    """Which multiple of its step a price by rule becomes."""

    UP = "up", _("up")
    DOWN = "down", _("down")
    NEAREST = "nearest", _("to the nearest")


class OffReason(models.TextChoices):
    """Why the shop itself does not sell a service that staff have switched on."""

    NONE = "", _("on sale")
    TYPE_UNKNOWN = "type_unknown", _("its type is not known")
    OVERCHARGED = "overcharged", _("the provider charged more than expected")
    WITHDRAWN = "withdrawn", _("the provider withdrew it")
    QUARANTINED = "quarantined", _("a change of its provider waits for approval")
    RATE_OLD = "rate_old", _("the rate of exchange is old")
    PRICE_CHECK = "price_check", _("its price is being checked")
    REFUSED = "refused", _("not accepted by the shop's rules")


class RefusedClass(models.TextChoices):
    """What is refused by default; an owner accepts it with a statement, or nobody."""

    REVIEWS = "reviews", _("reviews and ratings")
    VOTES = "votes", _("votes and polls")
    ACCOUNTS = "accounts", _("sale of accounts")
    DISLIKES = "dislikes", _("dislikes and reports")
    CHARTS = "charts", _("music charts")
    AD_CLICKS = "ad_clicks", _("clicks on advertisements")
    PASSWORDS = "passwords", _("anything that asks for a password")


class RefusedKind(models.TextChoices):
    """What a text that the shop refuses is."""

    WORD = "word", _("word")
    DOMAIN = "domain", _("domain")


class NameStep(models.TextChoices):
    """What a rule takes out of upstream names."""

    STRIP = "strip", _("take out words")
    REPLACE = "replace", _("replace words")
    CONTACTS = "contacts", _("take out addresses and contacts")
    EMOJI = "emoji", _("take out emoji")


class TranslatedField(models.TextChoices):
    """What can be said in several languages."""

    NAME = "name", _("name")
    DESCRIPTION = "description", _("description")


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


class RunCause(models.TextChoices):
    """What a run of the catalogue sync set out from."""

    READING = "reading", _("the catalogue was read")
    APPROVAL = "approval", _("a stopped run was approved")
    UNDO = "undo", _("a run was undone")


class RunDecision(models.TextChoices):
    """What became of a run that stopped and asked."""

    NONE = "", _("waits, or asks nothing")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    OUTDATED = "outdated", _("a later run was applied")


class DifferenceKind(models.TextChoices):
    """In what a catalogue differs from the offers as they were, row by row."""

    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    RETURNED = "returned", _("returned")
    GONE = "gone", _("gone")
    QUARANTINED = "quarantined", _("quarantined")


class Oddity(models.TextChoices):
    """What is odd about a change, so that staff are asked before the shop follows."""

    ZERO = "zero", _("the price went to zero")
    TYPE = "type", _("the type changed")
    RISE = "rise", _("the price jumped up")
    FALL = "fall", _("the price jumped down")


class Verdict(models.TextChoices):
    """The answer to a quarantined change."""

    NONE = "", _("waits")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    ITSELF = "itself", _("it came back by itself")
    SUPERSEDED = "superseded", _("another value came")


class ChangeKind(models.TextChoices):
    """What happened to a service, as customers may read it."""

    NEW = "new", _("new")
    RESUMED = "resumed", _("available again")
    PRICE_UP = "price_up", _("price up")
    PRICE_DOWN = "price_down", _("price down")
    PAUSED = "paused", _("paused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ChangeReason(models.TextChoices):
    """What changed services; whoever writes names it, see `provider.changes`."""

    NONE = "", _("not named")
    READING = "reading", _("the provider's catalogue")
    APPROVAL = "approval", _("an approved catalogue")
    UNDO = "undo", _("an undone catalogue")
    VERDICT = "verdict", _("the answer to a quarantined change")
    RULE = "rule", _("a markup rule")
    RATE = "rate", _("a rate of exchange")
    HAND = "hand", _("set by hand")
    ROUTE = "route", _("bought elsewhere")
    OVERCHARGED = "overcharged", _("charged more than expected")


class HandField(models.TextChoices):
    """The fields of a service that staff may set by hand, and no sync writes then."""

    ACTIVE = "active", _("on or off")
    FIXED_PRICE = "fixed_price", _("price")
    NAME = "name", _("name")
    DESCRIPTION = "description", _("description")
    CATEGORY = "category", _("category")
    AVERAGE_TIME = "average_time", _("average time")
    MIN = "min", _("minimum")
    MAX = "max", _("maximum")
    REFILL = "refill", _("refill")
    CANCEL = "cancel", _("cancel")
    DRIPFEED = "dripfeed", _("drip-feed")
    REFILL_DAYS = "refill_days", _("refill within days")
    REFILL_FIRST_HOURS = "refill_first_hours", _("hours until the first refill")
    REFILL_HOURS = "refill_hours", _("hours between refills")


class Basis(models.TextChoices):
    """What decides what a customer pays; the first that there is."""

    OWN_SPECIAL = "own_special", _("a special price for the customer")
    GROUP_SPECIAL = "group_special", _("a special price for the group")
    OWN_DISCOUNT = "own_discount", _("the customer's discount")
    GROUP_DISCOUNT = "group_discount", _("the group's discount")
    GROUP_MARKUP = "group_markup", _("the group's own markup")
    LIST = "list", _("the price for everybody")
