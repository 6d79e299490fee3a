"""Catalogue runs: what each changed, what waits for an answer, and the undo."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.paginator import InfinitePaginator

from provider import actions, queries
from provider.enums import DifferenceKind, RunDecision, SyncOutcome, Verdict
from provider.models import Difference, Offer, Quarantine, SyncRun
from shop.admin import (
    NOTHING,
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    button,
    link_to,
    moment,
    short,
)
from shop.money import plain

MAY = "provider.change_provider"
# So many rows are shown on a page; the whole list is in the database.
MOST_REJECTED = 200
TONES: dict[str, str] = {
    SyncOutcome.APPLIED: "success",
    SyncOutcome.STOPPED: "warning",
    SyncOutcome.FAILED: "danger",
}
KIND_TONES: dict[str, str] = {
    DifferenceKind.NEW: "success",
    DifferenceKind.RETURNED: "success",
    DifferenceKind.GONE: "danger",
    DifferenceKind.QUARANTINED: "warning",
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        found: QuerySet[SyncRun] = super().get_queryset(request)
        length = Func(
            F("rejected"), function="jsonb_array_length", output_field=IntegerField()
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
        subject = row.repeats or row
        yield from _differences(subject)
        shown = row.rejected[:MOST_REJECTED]
        title = gettext("Rejected rows")
        if len(row.rejected) > len(shown):
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


def _differences(run: SyncRun) -> Iterable[Table]:
    """Return the biggest price moves, and the first rows of each kind with their number."""
    rows = queries.sample_of_differences(run_id=run.pk)
    moved = [row for row in rows if row.move is not None]
    moved.sort(key=lambda row: -(row.move or 0))
    headers = [
        _("upstream id"), _("name"), _("rate before"), _("rate after"), _("move"),
        _("type"), _("changed"),
    ]  # fmt: skip
    if moved:
        biggest = [_cells(row) for row in moved[: queries.SAMPLE]]
        yield Table(_("Biggest price moves"), headers, biggest)
    counts = dict(
        run.differences.order_by().values_list("kind").annotate(number=Count("id"))
    )
    for kind in (
        DifferenceKind.QUARANTINED, DifferenceKind.GONE, DifferenceKind.NEW,
        DifferenceKind.RETURNED, DifferenceKind.CHANGED,
    ):  # fmt: skip
        found = [row for row in rows if row.kind == kind][: queries.SAMPLE]
        if not found:
            continue
        listed = reverse("admin:provider_difference_changelist")
        title = format_html(
            '{}: {} <a class="text-link" href="{}?run__id__exact={}&kind__exact={}">{}</a>',
            kind.label.capitalize(), counts[kind], listed, run.pk, kind.value,
            gettext("all"),
        )  # fmt: skip
        yield Table(title, headers, [_cells(row) for row in found])


def _cells(row: Difference) -> list[object]:
    return [
        row.upstream_id, short(row.name), _rate(row.old_rate), _rate(row.new_rate),
        move_of(row), type_of(row), fields_of(row),
    ]  # fmt: skip


def fields_of(row: Difference) -> str:
    """Return what changed of an offer, as staff call it."""
    names = (Offer._meta.get_field(name) for name in row.fields)
    return (
        ", ".join(str(getattr(name, "verbose_name", "")) for name in names) or NOTHING
    )


def _rate(rate: Any) -> str:
    return NOTHING if rate is None else plain(rate)


def move_of(row: Any) -> str:
    """Return by how many percent a price moved."""
    if row.old_rate is None or row.new_rate is None or row.old_rate == row.new_rate:
        return NOTHING
    percent = (row.new_rate - row.old_rate) * 100 / row.old_rate
    return f"{percent:+.1f} %"


def type_of(row: Any) -> str:
    """Return the type, or both where it changed."""
    before, after = row.get_old_type_display(), row.get_new_type_display()
    if row.old_type and row.new_type != row.old_type and after_is_known(row):
        return f"{before} → {after or gettext('not known')}"
    return after or before or NOTHING


def after_is_known(row: Any) -> bool:
    """Whether a row came at all: of what is gone no type is told."""
    return getattr(row, "kind", "") != DifferenceKind.GONE and row.new_rate != 0


@admin.register(Difference)
class DifferenceAdmin(ReadonlyMixin, ShopAdmin):
    """Row by row, what a catalogue would change, or changed; of the newest runs."""

    list_display = (
        "upstream_id", "named", "sort", "before", "after", "moved", "types", "what",
    )  # fmt: skip
    list_filter = ("kind", "oddity")
    search_fields = ("upstream_id__exact", "name", "category")
    ordering = ("run", "kind", "id")
    paginator = InfinitePaginator
    fields = (
        "run", "sort", "oddity", "upstream_id", "name", "category", "before", "after",
        "moved", "types", "what",
    )  # fmt: skip

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(
            lookup, value, request
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Difference]:
        found: QuerySet[Difference] = super().get_queryset(request)
        return found.defer("old").select_related("run__provider")

    @display(description=_("name"))
    def named(self, row: Difference) -> str:
        return short(row.name)

    @display(description=_("kind"))
    def sort(self, row: Difference) -> str:
        label = row.get_oddity_display() if row.oddity else row.get_kind_display()
        return badge(label, KIND_TONES.get(row.kind, ""))

    @display(description=_("rate before"), ordering="old_rate")
    def before(self, row: Difference) -> str:
        return _rate(row.old_rate)

    @display(description=_("rate after"), ordering="new_rate")
    def after(self, row: Difference) -> str:
        return _rate(row.new_rate)

    @display(description=_("move"), ordering="move")
    def moved(self, row: Difference) -> str:
        return move_of(row)

    @display(description=_("type"))
    def types(self, row: Difference) -> str:
        return type_of(row)

    @display(description=_("changed"))
    def what(self, row: Difference) -> str:
        return fields_of(row)


class AnswerFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked for."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all")), *Verdict.choices[1:]]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(
                remove=[self.parameter_name]
            ):
                choice["display"] = _("waits")
            yield choice

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Quarantine]
    ) -> QuerySet[Quarantine]:
        if self.value() == "all":
            return queryset
        return queryset.filter(verdict=self.value() or Verdict.NONE)


@admin.register(Quarantine)
class QuarantineAdmin(ReadonlyMixin, ShopAdmin):
    """Odd changes that the shop does not follow unless staff say so."""

    list_display = (
        "offered", "provider", "odd", "before", "after", "moved", "types", "answer",
        "asked",
    )  # fmt: skip
    list_filter = (
        AnswerFilter,
        "oddity",
        ("offer__provider", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("offer__provider", "decided_by")
    search_fields = ("offer__upstream_id__exact", "offer__name")
    ordering = ("-id",)
    actions = ("approve_chosen", "reject_chosen")
    actions_detail = ("approve", "reject")
    fields = (
        "offered", "provider", "odd", "before", "after", "moved", "types", "asked", "run",
        "answer", "decided_by", "decided_at", "ended_at", "ended_run",
    )  # fmt: skip

    def tables(self, row: Quarantine) -> Iterable[Table]:
        routes = row.offer.routes.select_related("service").order_by("id")
        yield Table(
            _("Services that buy this"),
            [_("service"), _("price"), _("state")],
            [
                [
                    link_to(route.service),
                    _rate(route.service.price),
                    route.service.get_off_reason_display(),
                ]
                for route in routes
            ],
        )

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Offer the answers that are still possible."""
        offered = super().get_actions_detail(request, object_id)
        asked = Quarantine.objects.filter(pk=object_id).first()
        if asked is None:
            return offered
        fit = set() if asked.ended_at else {"approve"}
        if asked.verdict == Verdict.NONE:
            fit.add("reject")
        return [
            action for action in offered if action.action_name.rsplit("_", 1)[-1] in fit
        ]

    @display(description=_("offer"))
    def offered(self, row: Quarantine) -> str:
        offer: Offer = row.offer
        return link_to(offer, short(f"{offer.upstream_id} {offer.name}"))

    @display(description=_("provider"))
    def provider(self, row: Quarantine) -> str:
        return str(row.offer.provider)

    @display(description=_("what is odd"))
    def odd(self, row: Quarantine) -> str:
        return badge(row.get_oddity_display(), "warning")

    @display(description=_("rate before"))
    def before(self, row: Quarantine) -> str:
        return _rate(row.old_rate)

    @display(description=_("rate after"))
    def after(self, row: Quarantine) -> str:
        return _rate(row.new_rate)

    @display(description=_("move"))
    def moved(self, row: Quarantine) -> str:
        return move_of(row)

    @display(description=_("type"))
    def types(self, row: Quarantine) -> str:
        return type_of(row)

    @display(description=_("answer"))
    def answer(self, row: Quarantine) -> str:
        return row.get_verdict_display()

    @display(description=_("asked"), ordering="id")
    def asked(self, row: Quarantine) -> str:
        return moment(row.created_at)

    @button(
        label=_("Approve"),
        question=_(
            "Prices follow the new rate, services the new type. A price of zero is "
            "believed by withdrawing the offer."
        ),
        permission="provider.change_quarantine",
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, row: Quarantine, data: object) -> str:
        """Let the shop follow the change."""
        return _approved(actions.approve_changes(numbers=[row.pk], by=request.user))

    @button(
        label=_("Reject"),
        question=_(
            "The old price and type stand. The service is sold where that still earns, "
            "until the provider says something else."
        ),
        permission="provider.change_quarantine",
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, row: Quarantine, data: object) -> str:
        """Keep what was accepted before."""
        return _rejected(actions.reject_changes(numbers=[row.pk], by=request.user))

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("provider.change_quarantine")

    @admin.action(description=_("Approve"), permissions=["answer"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        numbers = list(queryset.order_by().values_list("pk", flat=True))
        done = actions.approve_changes(numbers=numbers, by=request.user)
        self.message_user(request, _approved(done))

    @admin.action(description=_("Reject"), permissions=["answer"])
    def reject_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        numbers = list(queryset.order_by().values_list("pk", flat=True))
        done = actions.reject_changes(numbers=numbers, by=request.user)
        self.message_user(request, _rejected(done))


def _approved(number: int) -> str:
    return ngettext("%d change approved.", "%d changes approved.", number) % number


def _rejected(number: int) -> str:
    return ngettext("%d change rejected.", "%d changes rejected.", number) % number
