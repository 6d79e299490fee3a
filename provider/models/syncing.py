"""What the catalogue sync did, run by run."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import SyncOutcome
from provider.models.providers import Provider, Reply


class SyncRun(models.Model):
    """One reading of a provider's catalogue, and what came of it."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="runs")
    outcome = models.CharField(_("outcome"), max_length=12, choices=SyncOutcome)
    message = models.TextField(_("message"), blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    added = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    withdrawn = models.PositiveIntegerField(_("withdrawn"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)
    repriced = models.PositiveIntegerField(_("prices changed"), default=0)
    # One object per row that was not taken: position, upstream_id, reason, detail.
    rejected = models.JSONField(_("rejected"), default=list)
    reply = models.ForeignKey(Reply, models.SET_NULL, null=True, related_name="+")
    # Milliseconds.
    duration = models.PositiveIntegerField(_("milliseconds"), default=0)
    finished_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("catalogue run")
        verbose_name_plural = _("catalogue runs")
        indexes = [models.Index(fields=["provider", "-id"], name="sync_run_newest")]

    def __str__(self) -> str:
        return f"{self.provider} {self.outcome}"
