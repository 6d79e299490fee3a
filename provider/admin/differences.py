"""What a catalogue would change, or changed, row by row."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from provider import queries
from provider.enums import DifferenceKind
from provider.models import Difference, Offer, SyncRun
from shop.admin import (
    NOTHING,
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    short,
)
from shop.money import plain

KIND_TONES: dict[str, str] = {
    DifferenceKind.NEW: "success",
    DifferenceKind.RETURNED: "success",
    DifferenceKind.GONE: "danger",
    DifferenceKind.QUARANTINED: "warning",
}


def difference_tables(run: SyncRun) -> Iterable[Table]:
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
        row.upstream_id, short(row.name), rate_of(row.old_rate), rate_of(row.new_rate),
        move_of(row), type_of(row), fields_of(row),
    ]  # fmt: skip


def fields_of(row: Difference) -> str:
    """Return what changed of an offer, as staff call it."""
    names = (Offer._meta.get_field(name) for name in row.fields)
    return (
        ", ".join(str(getattr(name, "verbose_name", "")) for name in names) or NOTHING
    )


def rate_of(rate: Any) -> str:
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
        return rate_of(row.old_rate)

    @display(description=_("rate after"), ordering="new_rate")
    def after(self, row: Difference) -> str:
        return rate_of(row.new_rate)

    @display(description=_("move"), ordering="move")
    def moved(self, row: Difference) -> str:
        return move_of(row)

    @display(description=_("type"))
    def types(self, row: Difference) -> str:
        return type_of(row)

    @display(description=_("changed"))
    def what(self, row: Difference) -> str:
        return fields_of(row)
