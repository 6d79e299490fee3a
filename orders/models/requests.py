"""Refills and cancels."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.enums import RefillStatus, RequestKind, RequestState
from orders.models.orders import Order
from provider.models import Reply


class OrderRequest(models.Model):
    """A refill or a cancel that somebody asked for. Its number is the refill's id.

    A cancel moves no money by itself: the order's status does, once upstream says so.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="requests")
    kind = models.CharField(_("kind"), max_length=6, choices=RequestKind)
    state = models.CharField(
        _("state"), max_length=10, choices=RequestState, default=RequestState.REQUESTED
    )
    # Of refills only: what the provider says, in our words.
    status = models.CharField(
        _("status"), max_length=12, choices=RefillStatus, blank=True
    )
    upstream_id = models.CharField(_("upstream id"), max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    error = models.CharField(_("error"), max_length=300, blank=True)
    reply = models.ForeignKey(
        Reply, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    next_at = models.DateTimeField(_("looked at again"), null=True, blank=True)
    misses = models.PositiveSmallIntegerField(_("misses"), default=0)
    flagged_at = models.DateTimeField(_("flagged"), null=True, blank=True)
    created_at = models.DateTimeField(_("asked for"), db_default=Now())
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("refill or cancel")
        verbose_name_plural = _("refills and cancels")
        constraints = [
            # I23: one open request per order and kind, however often it is clicked.
            models.UniqueConstraint(
                fields=["order", "kind"],
                condition=Q(closed_at__isnull=True),
                name="order_request_one_open",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False)
                | Q(next_at__isnull=False)
                | Q(flagged_at__isnull=False),
                name="order_request_open_is_watched",
            ),
            models.CheckConstraint(
                condition=Q(kind=RequestKind.REFILL) | Q(status=""),
                name="order_request_status_is_of_refills",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(next_at__isnull=False),
                name="order_request_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
