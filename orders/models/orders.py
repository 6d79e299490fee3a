"""The order."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.enums import (
    FINISHED,
    OPEN,
    HoldReason,
    Source,
    Status,
    Submission,
)
from provider.enums import SERVICE_TYPES
from provider.links import LONGEST_KEY
from provider.models import Provider, Service
from provider.protocol.types import TYPES, ServiceType, TypeRule
from shop.money import ZERO, MoneyField, RateField

LONGEST_REFERENCE = 100


class OrderQuerySet(models.QuerySet["Order"]):
    """Filters that read as English."""

    def open(self) -> "OrderQuerySet":
        return self.filter(status__in=OPEN)


class Order(models.Model):
    """A service, bought by a customer. Its state is written by orders.actions only."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        # Leads an index below, as the provider does: every order would write two.
        db_index=False,
        related_name="orders",
        verbose_name=_("customer"),
    )
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="orders", verbose_name=_("service")
    )
    source = models.CharField(
        _("from"), max_length=5, choices=Source, default=Source.WEB
    )
    idempotency_key = models.CharField(max_length=100, null=True, editable=False)  # noqa: DJ001
    # Of the request's body: the same key with another body is refused.
    request_digest = models.CharField(max_length=64, blank=True, editable=False)

    # What was ordered, as it was when it was ordered.
    type = models.CharField(_("type"), max_length=30, choices=SERVICE_TYPES)
    link = models.CharField(_("link"), max_length=2000, blank=True)
    # The one spelling of the page, by which orders for it are found (provider.links);
    # of orders that ended before there was one it is not known.
    link_key = models.CharField(
        _("page"),
        max_length=LONGEST_KEY,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    runs = models.PositiveIntegerField(_("runs"), null=True, blank=True)
    interval = models.PositiveIntegerField(_("minutes between"), null=True, blank=True)
    # What the customer calls it: theirs alone, never sent upstream.
    reference = models.CharField(
        _("customer's reference"),
        max_length=LONGEST_REFERENCE,
        blank=True,
        db_default="",
    )
    # The type's other fields (comments, usernames, …) by their protocol names.
    fields = models.JSONField(_("other fields"), default=dict, blank=True)
    units = models.PositiveBigIntegerField(_("units charged"))
    price = MoneyField(_("price"))
    charge = MoneyField(_("charge"))
    refunded = MoneyField(_("refunded"), default=ZERO)
    # Where the price went below the service's least: the margin that was consented to,
    # in percent of the cost, and by whom.
    consent_margin = models.DecimalField(
        _("margin consented to, percent"),
        max_digits=8,
        decimal_places=3,
        null=True,
        editable=False,
    )
    consent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        # Hardly any order has one.
        db_index=False,
        editable=False,
        related_name="+",
        verbose_name=_("consent by"),
    )

    # The number of the terms that were in force, and that ordering accepted.
    terms = models.PositiveSmallIntegerField(_("terms"), null=True, editable=False)

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.PENDING
    )
    submission = models.CharField(
        _("submission"), max_length=10, choices=Submission, default=Submission.QUEUED
    )
    provider = models.ForeignKey(
        Provider,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="orders",
        verbose_name=_("provider"),
    )
    upstream_id = models.CharField(  # noqa: DJ001
        _("upstream id"), max_length=64, null=True, blank=True
    )
    start_count = models.BigIntegerField(_("start count"), null=True, blank=True)
    remains = models.BigIntegerField(_("remains"), null=True, blank=True)
    # As the provider says, in its currency.
    upstream_charge = RateField(_("upstream charge"), null=True, blank=True)

    # Why a held order is held, and how often it has been in a row.
    held_for = models.CharField(
        _("held, as"), max_length=8, choices=HoldReason, blank=True, default=""
    )
    holds = models.PositiveSmallIntegerField(_("times held"), default=0)

    # When somebody must look again; empty where nothing is to be done.
    next_at = models.DateTimeField(_("looked at again"), null=True, blank=True)
    # Polls in a row that brought nothing about this order.
    misses = models.PositiveSmallIntegerField(_("misses"), default=0)
    errors = models.PositiveSmallIntegerField(_("errors"), default=0)
    flagged_at = models.DateTimeField(_("flagged"), null=True, blank=True)
    flag_reason = models.CharField(_("reason"), max_length=300, blank=True)

    created_at = models.DateTimeField(_("ordered"), db_default=Now())
    changed_at = models.DateTimeField(_("changed"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[models.Manager["Order"]] = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="order_one_per_idempotency_key",
            ),
            models.UniqueConstraint(
                fields=["provider", "upstream_id"], name="order_one_per_upstream_id"
            ),
            models.CheckConstraint(
                condition=Q(units__gt=0, charge__gte=0), name="order_units_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("charge")),
                name="order_refunded_up_to_charge",
            ),
            models.CheckConstraint(
                condition=Q(consent_margin__isnull=True, consent_by__isnull=True)
                | Q(
                    consent_margin__isnull=False,
                    consent_margin__gt=-100,
                    consent_by__isnull=False,
                ),
                name="order_consent_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.CANCELED, Status.FAILED])
                | Q(refunded=F("charge")),
                name="order_canceled_is_refunded",
            ),
            models.CheckConstraint(
                condition=~Q(submission=Submission.WITHDRAWN)
                | Q(status=Status.CANCELED),
                name="order_withdrawn_is_canceled",
            ),
            models.CheckConstraint(
                condition=Q(
                    submission=Submission.ACCEPTED,
                    provider__isnull=False,
                    upstream_id__isnull=False,
                )
                | (~Q(submission=Submission.ACCEPTED) & Q(upstream_id__isnull=True)),
                name="order_accepted_has_upstream_id",
            ),
            models.CheckConstraint(
                condition=(Q(submission=Submission.HELD) & ~Q(held_for=""))
                | (~Q(submission=Submission.HELD) & Q(held_for="")),
                name="order_held_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(runs__isnull=True, interval__isnull=True)
                # Said of both, as a comparison with NULL would pass for true.
                | Q(
                    runs__isnull=False,
                    interval__isnull=False,
                    runs__gte=1,
                    interval__gte=1,
                ),
                name="order_runs_and_interval_together",
            ),
            models.CheckConstraint(
                condition=Q(flagged_at__isnull=True, flag_reason="")
                | (Q(flagged_at__isnull=False) & ~Q(flag_reason="")),
                name="order_flag_has_a_reason",
            ),
            # I9: an open order is looked at again, flagged, or both.
            models.CheckConstraint(
                condition=~Q(status__in=OPEN)
                | Q(next_at__isnull=False)
                | Q(flagged_at__isnull=False),
                name="order_open_is_watched",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=FINISHED) | Q(finished_at__isnull=False),
                name="order_finished_has_a_time",
            ),
        ]
        indexes = [
            # The sweeper: what to send, or to give up waiting for.
            models.Index(
                fields=["next_at"],
                condition=Q(next_at__isnull=False) & ~Q(submission=Submission.ACCEPTED),
                name="order_to_send",
            ),
            # The sweeper again: what waits for funds, or for staff to explain it.
            models.Index(
                fields=["held_for"],
                condition=Q(submission=Submission.HELD),
                name="order_held",
            ),
            # The trackers: whose status to ask for, provider by provider.
            models.Index(
                fields=["provider", "next_at"],
                condition=Q(next_at__isnull=False, submission=Submission.ACCEPTED),
                name="order_to_track",
            ),
            # What is under way for a page, or for what lies below it.
            models.Index(
                fields=["link_key"],
                opclasses=["varchar_pattern_ops"],
                condition=Q(status__in=OPEN) & ~Q(link_key=""),
                name="order_open_for_link",
            ),
            # The customer's list, newest first; and the staff's.
            models.Index(fields=["customer", "-id"], name="order_of_customer"),
            # The customer's drip-feeds, subscriptions and refunds, newest first; and how
            # many are under way.
            models.Index(
                fields=["customer", "-id"],
                condition=Q(runs__isnull=False),
                name="order_in_runs_of_customer",
            ),
            models.Index(
                fields=["customer", "-id"],
                condition=Q(type=ServiceType.SUBSCRIPTIONS.value),
                name="order_subscription_of_customer",
            ),
            models.Index(
                fields=["customer", "-id"],
                condition=Q(refunded__gt=0),
                name="order_refunded_of_customer",
            ),
            models.Index(
                fields=["customer"],
                condition=Q(status__in=OPEN),
                name="order_open_of_customer",
            ),
            # What the customer spent in the last days.
            models.Index(
                fields=["customer", "created_at"], name="order_of_customer_in_time"
            ),
            models.Index(
                fields=["flagged_at"],
                condition=Q(flagged_at__isnull=False),
                name="order_flagged",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def rule(self) -> TypeRule:
        """The row of the table of types."""
        return TYPES[ServiceType(self.type)]

    @property
    def target(self) -> str:
        """What it is for: a link, or a name where there is none."""
        return self.link or self.fields.get("username", "")

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_unsent(self) -> bool:
        """Whether nothing has left the shop, so that it can be cancelled at once."""
        return self.submission in {Submission.QUEUED, Submission.HELD}

    @property
    def is_left_to_staff(self) -> bool:
        """Whether it was not sent, and will not be unless a person decides so."""
        return self.is_unsent and self.is_open and self.next_at is None

    @property
    def being_checked(self) -> bool:
        return self.is_open and (
            self.submission in {Submission.SENDING, Submission.UNKNOWN}
            or self.flagged_at is not None
        )

    @property
    def net_charge(self) -> Decimal:
        return Decimal(self.charge - self.refunded)

    @property
    def delivered(self) -> int | None:
        """How many units came, where the provider has said what remains."""
        if self.remains is None:
            return self.units if self.status == Status.COMPLETED else None
        return max(self.units - max(self.remains, 0), 0)
