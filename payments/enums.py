"""The states of a top-up, and what a notification came to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TopUpState(models.TextChoices):
    """Where a top-up stands, as its customer sees it."""

    CREATED = "created", _("begun")
    PENDING = "pending", _("waiting for confirmation")
    PAID = "paid", _("paid")
    FAILED = "failed", _("not paid")
    EXPIRED = "expired", _("expired")
    REFUNDED = "refunded", _("refunded")
    DISPUTED = "disputed", _("disputed")


# While nothing is paid a top-up only moves forward in this order, whatever comes when.
UNPAID = (
    TopUpState.CREATED,
    TopUpState.PENDING,
    TopUpState.EXPIRED,
    TopUpState.FAILED,
)
OPEN = (TopUpState.CREATED, TopUpState.PENDING)
PAID = (TopUpState.PAID, TopUpState.REFUNDED, TopUpState.DISPUTED)


class Dispute(models.TextChoices):
    """How far a dispute of a payment went; it only moves forward in this order."""

    NONE = "", _("none")
    OPEN = "open", _("open")
    WON = "won", _("won")
    LOST = "lost", _("lost")


class Outcome(models.TextChoices):
    """What became of something that a gateway said."""

    APPLIED = "applied", _("applied")
    REPEATED = "repeated", _("nothing new")
    MISMATCH = "mismatch", _("does not match")
    STRANGER = "stranger", _("of no payment of ours")
    IGNORED = "ignored", _("of no interest")
    FORGED = "forged", _("forged")
    UNREADABLE = "unreadable", _("unreadable")
    UNANSWERED = "unanswered", _("the gateway did not answer")


class DecisionKind(models.TextChoices):
    """What people decide about a payment."""

    CONFIRM = "confirm", _("credit by hand")
    REFUND = "refund", _("send back")
    RETURNED = "returned", _("was sent back by hand")


class ProofKind(models.TextChoices):
    """What a proof of a transfer is; the value ends the name of its file."""

    PDF = "pdf", "PDF"
    PNG = "png", "PNG"
    JPEG = "jpeg", "JPEG"


class Match(models.TextChoices):
    """What a line of a gateway's report comes to beside our payments."""

    CREDITED = "credited", _("credited")
    WAITING = "waiting", _("paid, and not credited")
    DIFFERS = "differs", _("another amount or currency")
    TWICE = "twice", _("paid a second time")
    STRANGER = "stranger", _("of no payment of ours")
