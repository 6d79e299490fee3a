"""Catalogue runs: what each changed, what waits for an answer, and the undo."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Case, F, Func, IntegerField, QuerySet, When
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant

from provider import actions, queries
from provider.admin.differences import difference_tables
from provider.enums import RunDecision, SyncOutcome
from provider.models import SyncRun
from shop.admin import (
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    button,
    moment,
)

MAY = "provider.change_provider"
# So many rows are shown on a page; the whole list is in the database.
MOST_REJECTED = 200
# Fields that are shown where they say something, and the attributes that tell.
MAY_BE_EMPTY = {
    **{
        name: name
        for name in (
            "message", "origin", "repeats", "by", "decision", "decided_by",
            "decided_at", "added", "changed", "withdrawn", "returned", "quarantined",
            "repriced", "reply",
        )
    },
    "refused": "refused_rows",
}  # fmt: skip
TONES: dict[str, str] = {
    SyncOutcome.APPLIED: "success",
    SyncOutcome.STOPPED: "warning",
    SyncOutcome.FAILED: "danger",
}
WAITING = {
    "outcome": SyncOutcome.STOPPED,
    "decision": RunDecision.NONE,
    "repeats": None,
}


class WaitingFilter(admin.SimpleListFilter):
    """The runs that stopped and ask."""

    title = _("decision")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("waits for a decision"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SyncRun]
    ) -> QuerySet[SyncRun]:
        if self.value() == "yes":
            return queryset.filter(**WAITING).exclude(digest="")
        return queryset


@admin.register(SyncRun)
class SyncRunAdmin(ReadonlyMixin, ShopAdmin):
    """Each reading of a catalogue: what it changed, and why rows were not taken."""

    list_display = (
        "time", "provider", "result", "rows", "added", "changed", "withdrawn",
        "quarantined", "repriced", "refused",
    )  # fmt: skip
    list_filter = (WaitingFilter, "outcome", "cause", "provider")
    list_select_related = ("provider",)
    ordering = ("-id",)
    fields = (
        "provider", "time", "result", "message", "cause", "origin", "repeats", "by",
        "decision", "decided_by", "decided_at", "rows", "added", "changed",
        "withdrawn", "returned", "quarantined", "repriced", "refused", "duration",
        "reply",
    )  # fmt: skip
    actions_detail = ("approve", "reject", "undo")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Leave out what says nothing of this run: its differences are below."""
        return [
            name
            for name in self.fields
            if name not in MAY_BE_EMPTY or getattr(obj, MAY_BE_EMPTY[name], None)
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        found: QuerySet[SyncRun] = super().get_queryset(request)
        rejected = Case(
            When(repeats=None, then=F("rejected")), default=F("repeats__rejected")
        )
        length = Func(
            rejected, function="jsonb_array_length", output_field=IntegerField()
        )
        return found.annotate(refused_rows=length).defer("rejected")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Offer to decide what waits, and to undo what was applied last."""
        offered = super().get_actions_detail(request, object_id)
        run = SyncRun.objects.filter(pk=object_id).first()
        if run is None:
            return offered
        fit = {"approve", "reject"} if (run.repeats or run).waits else set()
        if queries.is_last_applied(run=run):
            fit.add("undo")
        return [
            action for action in offered if action.action_name.rsplit("_", 1)[-1] in fit
        ]

    def tables(self, row: SyncRun) -> Iterable[Table]:
        read = row.repeats or row
        yield from difference_tables(
            read if row.outcome == SyncOutcome.STOPPED else row
        )
        shown = read.rejected[:MOST_REJECTED]
        title = gettext("Rejected rows")
        if len(read.rejected) > len(shown):
            title = gettext("Rejected rows, the first %d") % len(shown)
        names = ("position", "upstream_id", "reason", "detail")
        yield Table(
            title,
            [_("row"), _("upstream id"), _("reason"), _("detail")],
            [[refused.get(name, "") for name in names] for refused in shown],
        )

    @display(description=_("time"), ordering="id")
    def time(self, run: SyncRun) -> str:
        return moment(run.finished_at)

    @display(description=_("outcome"))
    def result(self, run: SyncRun) -> str:
        if run.waits:
            return badge(_("waits for a decision"), "warning")
        return badge(run.get_outcome_display(), TONES.get(run.outcome, ""))

    @display(description=_("rejected"))
    def refused(self, run: Any) -> int:
        return int(run.refused_rows)

    @button(
        label=_("Approve"),
        question=_(
            "The reply that stopped is applied, as listed below. Odd prices and types "
            "in it wait for an answer of their own."
        ),
        permission=MAY,
        refusals=(actions.SyncError,),
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, run: SyncRun, data: object) -> str:
        """Apply the reply that this run kept."""
        done = actions.approve_run(run=run, by=request.user)
        return gettext(
            "Applied: %(added)d new, %(changed)d changed, %(gone)d withdrawn."
        ) % {"added": done.added, "changed": done.changed, "gone": done.withdrawn}

    @button(
        label=_("Reject"),
        question=_("The catalogue stays as it is. The next reading may ask again."),
        permission=MAY,
        refusals=(actions.SyncError,),
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, run: SyncRun, data: object) -> str:
        """Note that the reply is not right."""
        actions.reject_run(run=run, by=request.user)
        return gettext("The reply is rejected; nothing has changed.")

    @button(
        label=_("Undo"),
        question=_(
            "The provider's offers become what they were before this run, and prices "
            "follow. What was new is withdrawn. The next reading that differs stops "
            "and asks."
        ),
        permission=MAY,
        refusals=(actions.SyncError,),
        icon="undo",
        variant=ActionVariant.WARNING,
    )
    def undo(self, request: HttpRequest, run: SyncRun, data: object) -> str:
        """Put the offers back as they were before the run."""
        done = actions.undo_run(run=run, by=request.user)
        number = done.rows
        return ngettext(
            "%d offer is as it was before.",
            "%d offers are as they were before.",
            number,
        ) % (number)
