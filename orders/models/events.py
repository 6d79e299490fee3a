"""The history of an order."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.enums import Status, Submission
from orders.models.orders import Order
from provider.models import Reply
from shop.money import ZERO, MoneyField


class OrderEvent(models.Model):
    """One change of an order: what, why, by whom, and on which upstream reply."""

    # It leads the index below.
    order = models.ForeignKey(
        Order, models.PROTECT, db_index=False, related_name="events"
    )
    old_status = models.CharField(_("from"), max_length=12, choices=Status, blank=True)
    new_status = models.CharField(_("to"), max_length=12, choices=Status)
    old_submission = models.CharField(
        _("submission from"), max_length=10, choices=Submission, blank=True
    )
    new_submission = models.CharField(
        _("submission to"), max_length=10, choices=Submission
    )
    reason = models.CharField(_("reason"), max_length=300)
    refunded = MoneyField(_("refunded by this"), default=ZERO)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    reply = models.ForeignKey(
        Reply, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["order", "id"], name="order_event_in_order")]

    def __str__(self) -> str:
        return f"#{self.order_id} {self.new_status}: {self.reason}"
