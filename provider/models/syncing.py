"""What the catalogue sync did, run by run, and row by row."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import (
    SERVICE_TYPES,
    DifferenceKind,
    Oddity,
    RunCause,
    RunDecision,
    SyncOutcome,
)
from provider.models.providers import Provider, Reply
from shop.money import RateField


class SyncRun(models.Model):
    """One reading of a provider's catalogue, and what came of it.

    Approving a stopped run and undoing an applied one are runs too; `origin` is the run
    that they are about.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="runs")
    cause = models.CharField(
        _("what for"),
        max_length=10,
        choices=RunCause,
        default=RunCause.READING,
        db_default=RunCause.READING,
    )
    origin = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=SyncOutcome)
    message = models.TextField(_("message"), blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    added = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    withdrawn = models.PositiveIntegerField(_("withdrawn"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)
    quarantined = models.PositiveIntegerField(_("quarantined"), default=0, db_default=0)
    repriced = models.PositiveIntegerField(_("prices changed"), default=0)
    # One object per row that was not taken: position, upstream_id, reason, detail.
    rejected = models.JSONField(_("rejected"), default=list)
    reply = models.ForeignKey(Reply, models.SET_NULL, null=True, related_name="+")
    # What the reply was, as a checksum; one that came again is asked about once where it
    # stopped, and not read again where it is what the offers are like.
    digest = models.CharField(max_length=64, default="", db_default="", blank=True)
    repeats = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("same reply as"),
    )
    decision = models.CharField(
        _("decision"),
        max_length=10,
        choices=RunDecision,
        blank=True,
        default=RunDecision.NONE,
        db_default=RunDecision.NONE,
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    # Milliseconds.
    duration = models.PositiveIntegerField(_("milliseconds"), default=0)
    finished_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("catalogue run")
        verbose_name_plural = _("catalogue runs")
        constraints = [
            models.CheckConstraint(
                condition=Q(decision=RunDecision.NONE, decided_at__isnull=True)
                | (
                    ~Q(decision=RunDecision.NONE)
                    & Q(outcome=SyncOutcome.STOPPED, decided_at__isnull=False)
                ),
                name="sync_run_only_a_stopped_one_is_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-id"], name="sync_run_newest"),
            # The run that an undo is about, and what a stopped run may be outdated by.
            models.Index(
                fields=["provider", "-id"],
                condition=Q(outcome=SyncOutcome.APPLIED),
                name="sync_run_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.outcome}"

    # Of a dry run, which leaves no row: the first differences of each kind, and those
    # whose price moves most.
    sample: "Sequence[Difference]" = ()

    @property
    def waits(self) -> bool:
        """Whether it stopped with something to approve, and nobody has decided yet."""
        return bool(
            self.outcome == SyncOutcome.STOPPED
            and self.digest
            and not self.decision
            and self.repeats_id is None
        )


class KeptCatalogue(models.Model):
    """The whole reply of a run, to approve it later; only of a provider's newest runs."""

    run = models.OneToOneField(SyncRun, models.CASCADE, related_name="catalogue")
    # Compressed by zlib, the key taken out.
    body = models.BinaryField()
    # Bytes before it was compressed.
    size = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("kept catalogue")
        verbose_name_plural = _("kept catalogues")

    def __str__(self) -> str:
        return f"#{self.run_id}"


class Difference(models.Model):
    """A row of a catalogue that was not as we knew it; of a provider's newest runs.

    `old` is the whole offer as it was, where the run changed it: what an undo restores.
    """

    run = models.ForeignKey(
        SyncRun, models.CASCADE, related_name="differences", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=11, choices=DifferenceKind)
    oddity = models.CharField(
        _("what is odd"), max_length=4, choices=Oddity, blank=True, default=""
    )
    upstream_id = models.CharField(_("upstream id"), max_length=64)
    name = models.TextField(_("name"))
    category = models.TextField(_("category"), blank=True)
    fields = ArrayField(models.CharField(max_length=20), verbose_name=_("changed"))
    old_rate = RateField(_("rate before"), null=True)
    new_rate = RateField(_("rate after"), null=True)
    old_type = models.CharField(
        _("type before"), max_length=30, choices=SERVICE_TYPES, blank=True
    )
    new_type = models.CharField(
        _("type after"), max_length=30, choices=SERVICE_TYPES, blank=True
    )
    # How far the price moved: |ln(after / before)|, the same up and down.
    move = models.FloatField(null=True)
    old = models.JSONField(null=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        indexes = [
            models.Index(fields=["run", "kind", "id"], name="difference_by_kind"),
            models.Index(
                fields=["run", "-move"],
                condition=Q(move__isnull=False),
                name="difference_by_move",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream_id} {self.kind}"
