"""Pages that nothing is delivered to, as their owners asked."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orders import actions
from orders.models import StoppedLink
from shop.admin import ReadonlyMixin, ShopAdmin, badge, button, moment, short


@admin.register(StoppedLink)
class StoppedLinkAdmin(ReadonlyMixin, ShopAdmin):
    """The refusal list of pages. Staff lift what was asked for by the wrong ones."""

    list_display = ("page", "state", "words", "email", "time")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    search_fields = ("link_key", "link", "email")
    ordering = ("-id",)
    fields = (
        "link", "link_key", "email", "statement", "created_at", "settled_at",
        "lifted_at", "lifted_by",
    )  # fmt: skip
    actions_detail = ("lift",)

    @display(description=_("page"))
    def page(self, stop: StoppedLink) -> Any:
        return short(stop.link_key)

    @display(description=_("state"))
    def state(self, stop: StoppedLink) -> str:
        if stop.lifted_at is not None:
            return badge(_("lifted"))
        return badge(_("stopped"), "warning")

    @display(description=_("statement"))
    def words(self, stop: StoppedLink) -> Any:
        return short(stop.statement)

    @display(description=_("asked for"))
    def time(self, stop: StoppedLink) -> Any:
        return moment(stop.created_at)

    @button(
        label=_("Lift"),
        question=_("Orders for this page are taken again. The request is kept."),
        permission="orders.change_stoppedlink",
        icon="lock_open",
    )
    def lift(self, request: HttpRequest, stop: StoppedLink, data: object) -> str:
        """Take orders for the page again."""
        if actions.lift_stop(stop=stop, by=request.user):
            return gettext("Orders for this page are taken again.")
        return gettext("This was lifted already.")
