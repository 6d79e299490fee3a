"""What the shop has to tell its staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from notices.models import Notice
from shop.admin import ReadonlyMixin, ShopAdmin, badge, moment


class ReadFilter(admin.SimpleListFilter):
    """What has been read, and what has not."""

    title = _("read")
    parameter_name = "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("not read")), ("yes", _("read"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Notice]
    ) -> QuerySet[Notice]:
        if self.value() is None:
            return queryset
        return queryset.filter(read_at__isnull=self.value() == "no")


@admin.register(Notice)
class NoticeAdmin(ReadonlyMixin, ShopAdmin):
    """Alerts for staff, newest first; customers' notices are theirs to read."""

    list_display = ("subject", "state", "time")
    list_filter = (ReadFilter,)
    search_fields = ("subject", "text")
    ordering = ("-id",)
    actions = ("mark_read",)
    fields = ("subject", "text", "time", "mailed", "state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        alerts: QuerySet[Notice] = super().get_queryset(request).filter(user=None)
        return alerts

    @display(description=_("state"))
    def state(self, notice: Notice) -> str:
        return badge(_("read")) if notice.read_at else badge(_("new"), "warning")

    @display(description=_("time"), ordering="id")
    def time(self, notice: Notice) -> str:
        return moment(notice.created_at)

    @display(description=_("mailed"))
    def mailed(self, notice: Notice) -> str:
        return moment(notice.mailed_at)

    def has_mark_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may mark alerts, of which nothing else can be changed."""
        return request.user.has_perm("notices.change_notice")

    @admin.action(description=_("Mark as read"), permissions=["mark"])
    def mark_read(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        queryset.filter(read_at=None).update(read_at=Now())
