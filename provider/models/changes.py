"""The log of what happened to services: what customers read as updates."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import ChangeKind, ChangeReason
from provider.models.catalogue import Service
from provider.models.syncing import SyncRun
from shop.money import MoneyField


class ServiceChange(models.Model):
    """One thing that happened to one service.

    Written by the database's own triggers on the table of services, in sets, so that no
    way of changing a price or what is on sale escapes it. Never by Python.
    """

    service = models.ForeignKey(
        Service, models.CASCADE, related_name="changes", db_index=False
    )
    kind = models.CharField(_("what happened"), max_length=10, choices=ChangeKind)
    old_price = MoneyField(_("price before"), null=True)
    new_price = MoneyField(_("price after"), null=True)
    # Why it is not sold: a reason of the shop's, or "off" for the staff's switch.
    state = models.CharField(_("state"), max_length=20, blank=True)
    # Whether it was on sale before it or after it, so that customers could notice.
    public = models.BooleanField(_("customers could notice"))
    # Where one statement did the same to many of a category, its first row speaks for
    # all of them: `batch` is that row's number, `size` how many there are.
    batch = models.BigIntegerField()
    size = models.PositiveIntegerField(_("services"))
    across = models.BooleanField(_("of several categories"), default=False)
    reason = models.CharField(
        _("reason"), max_length=60, choices=ChangeReason, blank=True
    )
    run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="changes", db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("service change")
        verbose_name_plural = _("service changes")
        indexes = [
            models.Index(fields=["service", "-id"], name="service_change_history"),
            # The updates page, newest first; a batch is one line on it.
            models.Index(
                fields=["-id"],
                condition=Q(public=True, batch=F("id")),
                name="service_change_updates",
            ),
            # What a line of it stands for.
            models.Index(fields=["batch", "-id"], name="service_change_batch"),
            # What a run did; most changes have none.
            models.Index(
                fields=["run"],
                condition=Q(run__isnull=False),
                name="service_change_run",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.kind}"
