"""The log of what happened to services, with the reason, the run and the person."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from provider.enums import ChangeKind, OffReason
from provider.models import ServiceChange
from shop.admin import NOTHING, ReadonlyMixin, ShopAdmin, badge, link_to, moment, short
from shop.money import show

TONES: dict[str, str] = {
    ChangeKind.NEW: "success",
    ChangeKind.RESUMED: "success",
    ChangeKind.PAUSED: "warning",
    ChangeKind.WITHDRAWN: "danger",
}


@admin.register(ServiceChange)
class ServiceChangeAdmin(ReadonlyMixin, ShopAdmin):
    """Every change of a price or of what is sold, whoever made it."""

    list_display = (
        "time", "about", "happened", "old", "new", "because", "run_link", "by",
    )  # fmt: skip
    list_filter = ("kind", "reason", "public")
    list_select_related = ("service", "run__provider", "by")
    number_fields = ("service_id",)
    search_fields = ("service__name",)
    search_help_text = _("A service's number, or its name.")
    ordering = ("-id",)
    paginator = InfinitePaginator
    fields = (
        "about", "time", "happened", "old", "new", "because", "run_link", "by", "public",
    )  # fmt: skip

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup in {"run__id__exact", "batch__exact"} or super().lookup_allowed(
            lookup, value, request
        )

    @display(description=_("time"), ordering="id")
    def time(self, row: ServiceChange) -> str:
        return moment(row.created_at)

    @display(description=_("service"))
    def about(self, row: ServiceChange) -> str:
        return link_to(row.service, short(f"{row.service_id} {row.service.name}"))

    @display(description=_("what happened"))
    def happened(self, row: ServiceChange) -> str:
        return badge(row.get_kind_display(), TONES.get(row.kind, ""))

    @display(description=_("price before"))
    def old(self, row: ServiceChange) -> str:
        return NOTHING if row.old_price is None else show(row.old_price)

    @display(description=_("price after"))
    def new(self, row: ServiceChange) -> str:
        return NOTHING if row.new_price is None else show(row.new_price)

    @display(description=_("reason"))
    def because(self, row: ServiceChange) -> str:
        """Why it is not sold, where that is so, and what brought it about."""
        states = {**dict(OffReason.choices), "": "", "off": gettext("switched off")}
        told = (states.get(row.state, row.state), row.get_reason_display())
        return "; ".join(str(text) for text in told if text) or NOTHING

    @display(description=_("run"))
    def run_link(self, row: ServiceChange) -> str:
        return link_to(row.run)
