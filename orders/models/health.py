"""How services do, by our own orders."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models import Service


class ServiceHealth(models.Model):
    """What one service's orders of the last HEALTH_DAYS days did. Times in seconds.

    Written by orders.actions.measure_health, for all services at once.
    """

    service = models.OneToOneField(
        Service, models.CASCADE, primary_key=True, related_name="health"
    )
    orders = models.PositiveIntegerField(_("orders"))
    started = models.PositiveIntegerField(_("of them started"))
    start_median = models.PositiveIntegerField(_("half start within"), null=True)
    start_most = models.PositiveIntegerField(_("95 in 100 start within"), null=True)
    completed = models.PositiveIntegerField(_("completed"))
    finish_median = models.PositiveIntegerField(_("half finish within"), null=True)
    finish_most = models.PositiveIntegerField(_("95 in 100 finish within"), null=True)
    ended = models.PositiveIntegerField(_("ended"))
    partial = models.PositiveIntegerField(_("partial"))
    # Those that nobody had asked to cancel.
    canceled = models.PositiveIntegerField(_("canceled unasked"))
    refills = models.PositiveIntegerField(_("refills ended"))
    refilled = models.PositiveIntegerField(_("refills done"))
    measured_at = models.DateTimeField(_("measured"), db_default=Now())

    class Meta:
        verbose_name = _("service's health")
        verbose_name_plural = _("services' health")

    def __str__(self) -> str:
        return f"{self.service_id}: {self.orders}"
