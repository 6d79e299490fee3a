"""Payments of customers, and everything that gateways said about them."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.enums import OPEN, PAID, Dispute, Outcome, TopUpState
from shop.money import ZERO, MoneyField


class TopUp(models.Model):
    """One payment of a customer, from its beginning to what became of it.

    `amount` is credited, `fee` is paid on top of it, `bonus` is given. The facts are
    `paid_at`, `refunded` and `dispute`, each of which only moves forward; `state` and the
    money follow from them, so that reports may come in any order.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="top_ups",
        verbose_name=_("customer"),
    )
    gateway = models.CharField(_("gateway"), max_length=20)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    remote_id = models.CharField(_("gateway's number"), max_length=200, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"))
    fee = MoneyField(_("fee"), default=ZERO)
    bonus = MoneyField(_("bonus"), default=ZERO)
    bonus_rule = models.ForeignKey(
        "payments.BonusRule",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="top_ups",
        verbose_name=_("bonus rule"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=TopUpState, default=TopUpState.CREATED
    )
    refunded = MoneyField(_("refunded"), default=ZERO)
    dispute = models.CharField(
        _("dispute"), max_length=4, choices=Dispute, blank=True, default=Dispute.NONE
    )
    # What of the payment the dispute is about; 0 where nobody says, which is all of it.
    disputed = MoneyField(_("disputed"), default=ZERO)
    # What will have gone back in all once a refund that is under way has arrived; it is
    # off the balance already. Zero where none is.
    promised = MoneyField(_("being sent back"), default=ZERO, db_default=ZERO)
    # What of amount and bonus is taken back now, by how many movements.
    taken = MoneyField(_("taken back"), default=ZERO)
    bonus_taken = MoneyField(_("bonus taken back"), default=ZERO)
    moves = models.PositiveIntegerField(default=0)
    instrument = models.CharField(_("instrument"), max_length=100, blank=True)
    risk = models.CharField(_("risk"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    # Where the customer goes on, or what they are to do.
    url = models.TextField(blank=True)
    instructions = models.JSONField(default=dict, blank=True)
    flagged_at = models.DateTimeField(_("flagged"), null=True, blank=True)
    flag_reason = models.CharField(_("reason"), max_length=200, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    # When the gateway is asked about it next.
    next_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    class Meta:
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "remote_id"],
                condition=~Q(remote_id=""),
                name="top_up_one_per_payment",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, fee__gte=0, bonus__gte=0),
                name="top_up_amounts_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount") + F("fee")),
                name="top_up_refunded_at_most_what_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(disputed__gte=0, disputed__lte=F("amount") + F("fee")),
                name="top_up_disputed_at_most_what_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("amount"))
                & Q(bonus_taken__gte=0, bonus_taken__lte=F("bonus")),
                name="top_up_taken_at_most_what_was_given",
            ),
            models.CheckConstraint(
                condition=Q(promised=0)
                | Q(
                    promised__gt=F("refunded"),
                    promised__lte=F("amount") + F("fee"),
                    paid_at__isnull=False,
                ),
                name="top_up_promised_is_on_its_way",
            ),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=False) | Q(taken=0, bonus_taken=0),
                name="top_up_taken_only_where_paid",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PAID, paid_at__isnull=False)
                | (~Q(state__in=PAID) & Q(paid_at=None)),
                name="top_up_paid_at_fits_state",
            ),
            models.CheckConstraint(
                condition=~Q(state=TopUpState.DISPUTED)
                | Q(dispute__in=(Dispute.OPEN, Dispute.LOST)),
                name="top_up_disputed_by_a_dispute",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=OPEN) | Q(next_at__isnull=False),
                name="top_up_open_is_asked_about",
            ),
            models.CheckConstraint(
                condition=Q(flagged_at=None, flag_reason="")
                | (Q(flagged_at__isnull=False) & ~Q(flag_reason="")),
                name="top_up_flagged_for_a_reason",
            ),
        ]
        indexes = [
            # A customer's payments, newest first.
            models.Index(fields=["customer", "-id"], name="top_up_by_customer"),
            # The sweeper: what is to be asked about.
            models.Index(
                fields=["next_at"],
                condition=Q(next_at__isnull=False),
                name="top_up_due",
            ),
            # What else a card or account has paid.
            models.Index(
                fields=["gateway", "instrument"],
                condition=~Q(instrument=""),
                name="top_up_by_instrument",
            ),
            # The staff's list.
            models.Index(
                fields=["flagged_at"],
                condition=Q(flagged_at__isnull=False),
                name="top_up_flagged",
            ),
            # How many payments one address began within the hour.
            models.Index(fields=["address", "created_at"], name="top_up_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.reference}"

    @property
    def total(self) -> Decimal:
        """What the customer pays."""
        total: Decimal = self.amount + self.fee
        return total

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Notification(models.Model):
    """What came to a gateway's address, as it came, and what it came to.

    Stored before anybody looks at it. Of deliveries of one event only the first bears
    its number.
    """

    gateway = models.CharField(_("gateway"), max_length=20)
    event_id = models.CharField(_("event"), max_length=200, blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.BinaryField(_("body"))
    received_at = models.DateTimeField(_("received"), db_default=Now())
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=Outcome, blank=True, default=""
    )
    error = models.CharField(_("error"), max_length=200, blank=True)
    top_up = models.ForeignKey(
        TopUp,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("top-up"),
    )

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "event_id"],
                condition=~Q(event_id=""),
                name="notification_one_per_event",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None, outcome="")
                | (Q(applied_at__isnull=False) & ~Q(outcome="")),
                name="notification_applied_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} #{self.pk}"


class TopUpEvent(models.Model):
    """One line of a top-up's history: what changed, why, and who said so."""

    top_up = models.ForeignKey(TopUp, models.CASCADE, related_name="events")
    old = models.CharField(max_length=10, choices=TopUpState, blank=True)
    new = models.CharField(max_length=10, choices=TopUpState)
    reason = models.CharField(_("reason"), max_length=200)
    report = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("event of a top-up")
        verbose_name_plural = _("events of top-ups")

    def __str__(self) -> str:
        return self.reason
