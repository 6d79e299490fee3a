"""How services do, with all the numbers."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orders.health import duration, share
from orders.models import ServiceHealth
from shop.admin import NOTHING, ReadonlyMixin, ShopAdmin, link_to


@admin.register(ServiceHealth)
class ServiceHealthAdmin(ReadonlyMixin, ShopAdmin):
    """One row for each service that was ordered in HEALTH_DAYS days."""

    list_display = (
        "service", "orders", "starts", "finishes", "cut_short", "cancels",
        "refills_done", "measured_at",
    )  # fmt: skip
    list_display_links = ("service",)
    list_select_related = ("service",)
    search_fields = ("service__id__exact", "service__name")
    ordering = ("-orders", "service")
    fields = (
        "linked", "orders", "started", "starts", "completed", "finishes", "ended",
        "cut_short", "cancels", "refills_done", "measured_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=_("service"))
    def linked(self, health: ServiceHealth) -> Any:
        return link_to(health.service)

    @display(description=_("starts, half · 95 %"), ordering="start_median")
    def starts(self, health: ServiceHealth) -> str:
        return _times(health.start_median, health.start_most, health.started)

    @display(description=_("finishes, half · 95 %"), ordering="finish_median")
    def finishes(self, health: ServiceHealth) -> str:
        return _times(health.finish_median, health.finish_most, health.completed)

    @display(description=_("partial"), ordering="partial")
    def cut_short(self, health: ServiceHealth) -> str:
        return _share(health.partial, health.ended)

    @display(description=_("canceled unasked"), ordering="canceled")
    def cancels(self, health: ServiceHealth) -> str:
        return _share(health.canceled, health.ended)

    @display(description=_("refills done"), ordering="refilled")
    def refills_done(self, health: ServiceHealth) -> str:
        return _share(health.refilled, health.refills)


def _times(median: int | None, most: int | None, orders: int) -> str:
    if median is None or most is None:
        return NOTHING
    return f"{duration(median)} · {duration(most)} ({orders})"


def _share(part: int, whole: int) -> str:
    return f"{share(part, whole)} ({part}/{whole})" if whole else NOTHING
