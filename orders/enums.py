"""The words of an order's life, and all the moves there are."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """What the customer sees."""

    PENDING = "pending", _("Pending")
    PROCESSING = "processing", _("Processing")
    IN_PROGRESS = "in_progress", _("In progress")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    PARTIAL = "partial", _("Partial")
    CANCELED = "canceled", _("Canceled")
    FAILED = "failed", _("Failed")


class Submission(models.TextChoices):
    """What the shop does with the order upstream."""

    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    HELD = "held", _("held")
    UNKNOWN = "unknown", _("unknown")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Outcome(models.TextChoices):
    """What came of one attempt to submit."""

    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    HELD = "held", _("held")
    NOT_EXECUTED = "not_executed", _("not executed")
    UNKNOWN = "unknown", _("unknown")


class HoldReason(models.TextChoices):
    """Why an order is held, which decides what frees it."""

    NONE = "", _("not held")
    FUNDS = "funds", _("our balance at the provider is used up")
    LINK = "link", _("another order for this link is under way")
    WORDING = "wording", _("the provider answered in words that nobody knows yet")
    COST = "cost", _("it would cost more than the customer paid")
    RATE = "rate", _("nobody said what the provider's currency costs")
    ROUTE = "route", _("nobody sells it to us at present")


class EvidenceSource(models.TextChoices):
    """Where it was looked whether an unknown order exists; the strongest come first."""

    REQUEST_ID = "request_id", _("the same request id was sent again")
    ORDERS = "orders", _("the provider's list of our orders")
    ID_GAP = "id_gap", _("the ids between our orders before and after")
    LATE_ANSWER = "late_answer", _("an answer that came late")
    BALANCE = "balance", _("movement of the balance (a hint only)")
    STAFF = "staff", _("a person's word")


class Verdict(models.TextChoices):
    """What a piece of evidence says about the order."""

    FOUND = "found", _("it exists")
    ABSENT = "absent", _("it does not exist")
    UNCLEAR = "unclear", _("it proves nothing")


class RequestKind(models.TextChoices):
    """What may be asked for after an order was accepted."""

    REFILL = "refill", _("refill")
    CANCEL = "cancel", _("cancel")


class RequestState(models.TextChoices):
    """What the shop does with such a request; accepted is not yet done."""

    REQUESTED = "requested", _("requested")
    SENDING = "sending", _("sending")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    UNKNOWN = "unknown", _("unknown")


class RefillStatus(models.TextChoices):
    """How far a refill is, as the customer sees it."""

    REQUESTED = "requested", _("Requested")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    REJECTED = "rejected", _("Rejected")


class Source(models.TextChoices):
    """Where an order came from."""

    WEB = "web", _("shop")
    API = "api", _("API")


OPEN = frozenset({Status.PENDING, Status.PROCESSING, Status.IN_PROGRESS, Status.PAUSED})
FINISHED = frozenset(Status) - OPEN

# From an open status an order goes anywhere. A finished one may still turn out to have
# delivered less than was said, and settles the difference once.
STATUS_MOVES: Mapping[Status, frozenset[Status]] = {
    **{status: frozenset(Status) - {status} for status in OPEN},
    Status.COMPLETED: frozenset({Status.PARTIAL, Status.CANCELED, Status.FAILED}),
    Status.PARTIAL: frozenset({Status.CANCELED, Status.FAILED}),
    Status.CANCELED: frozenset(),
    Status.FAILED: frozenset(),
}

# Nothing leads from `unknown` back to `queued` but a person, or a late proven refusal.
# A queued order is held before anything is sent where it would be sold below cost. From
# queued and held to accepted leads only a person, who follows what an earlier attempt
# turned out to have made.
SUBMISSION_MOVES: Mapping[Submission, frozenset[Submission]] = {
    Submission.QUEUED: frozenset(
        {
            Submission.SENDING,
            Submission.HELD,
            Submission.ACCEPTED,
            Submission.WITHDRAWN,
        }
    ),
    Submission.SENDING: frozenset(
        {
            Submission.ACCEPTED,
            Submission.REFUSED,
            Submission.HELD,
            Submission.QUEUED,
            Submission.UNKNOWN,
        }
    ),
    Submission.HELD: frozenset(
        {Submission.QUEUED, Submission.ACCEPTED, Submission.WITHDRAWN}
    ),
    Submission.REFUSED: frozenset({Submission.QUEUED, Submission.WITHDRAWN}),
    Submission.UNKNOWN: frozenset(
        {Submission.ACCEPTED, Submission.QUEUED, Submission.WITHDRAWN}
    ),
    Submission.ACCEPTED: frozenset(),
    Submission.WITHDRAWN: frozenset(),
}
