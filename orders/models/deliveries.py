"""The orders that upstream makes of one of ours: a run each, or a post each."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.enums import FINISHED, OPEN, Status
from orders.models.orders import Order
from provider.models import Provider
from shop.money import RateField


class Delivery(models.Model):
    """One upstream order that a drip-feed or a subscription of ours has brought about.

    It is asked about like an order. Its parent's money follows from all of them.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="deliveries")
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="deliveries")
    upstream_id = models.CharField(_("upstream id"), max_length=64)
    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.PENDING
    )
    # As the provider says; the charge in its currency.
    start_count = models.BigIntegerField(_("start count"), null=True, blank=True)
    remains = models.BigIntegerField(_("remains"), null=True, blank=True)
    upstream_charge = RateField(_("upstream charge"), null=True, blank=True)
    # How many units came, once it has ended and that can be told.
    delivered = models.BigIntegerField(_("delivered"), null=True, blank=True)
    next_at = models.DateTimeField(_("looked at again"), null=True, blank=True)
    misses = models.PositiveSmallIntegerField(_("misses"), default=0)
    created_at = models.DateTimeField(_("first seen"), db_default=Now())
    changed_at = models.DateTimeField(_("changed"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "upstream_id"], name="delivery_one_per_upstream_id"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=OPEN) | Q(next_at__isnull=False),
                name="delivery_open_is_watched",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=FINISHED) | Q(finished_at__isnull=False),
                name="delivery_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(delivered__isnull=True) | Q(delivered__gte=0),
                name="delivery_not_below_zero",
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "next_at"],
                condition=Q(next_at__isnull=False),
                name="delivery_to_track",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.order_id}: {self.upstream_id}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
