"""Refills and cancels as staff see them, and what staff decide of unknown ones."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextInputWidget

from orders import actions
from orders.actions.request_settling import ID_LENGTH
from orders.enums import RefillStatus, RequestState
from orders.errors import OrderError
from orders.models import OrderRequest
from shop.admin import ReadonlyMixin, ShopAdmin, badge, button, link_to, moment, short

STATE_TONES: dict[str, str] = {
    RequestState.ACCEPTED: "success",
    RequestState.REFUSED: "warning",
    RequestState.UNKNOWN: "danger",
}
STATUS_TONES: dict[str, str] = {
    RefillStatus.IN_PROGRESS: "info",
    RefillStatus.COMPLETED: "success",
    RefillStatus.REJECTED: "danger",
}


class FlagFilter(admin.SimpleListFilter):
    """What a person must look at."""

    title = _("flagged")
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("flagged"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(flagged_at__isnull=False) if self.value() else queryset


class RefillIdForm(BaseDialogForm):
    """Under which id the provider has a refill."""

    upstream_id = forms.CharField(
        label=_("refill's id at the provider"),
        max_length=ID_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(OrderRequest)
class OrderRequestAdmin(ReadonlyMixin, ShopAdmin):
    """Every refill and cancel. What nobody can tell of, a person settles here."""

    list_display = (
        "number", "of_order", "kind", "sent", "told", "error_shortened", "flagged",
        "asked",
    )  # fmt: skip
    list_filter = (FlagFilter, "kind", "state", "status", "order__provider")
    list_select_related = ("order",)
    number_fields = ("id", "order_id", "upstream_id")
    search_fields = ("upstream_id__exact",)
    search_help_text = _("Its number, its order's, or its upstream id.")
    ordering = ("-id",)
    paginator = InfinitePaginator
    actions_detail = ("accepted", "again", "rejected")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "of_order", "kind", "sent", "told", "flagged", "asked", "asked_by",
                    "looked_at", "closed",
                )
            },
        ),
        (
            _("Upstream"),
            {"fields": ("bought_at", "upstream_id", "misses", "error", "answer")},
        ),
    )  # fmt: skip

    @display(description=_("no."), ordering="id")
    def number(self, asked: OrderRequest) -> int:
        return asked.pk

    @display(description=_("order"), ordering="order_id")
    def of_order(self, asked: OrderRequest) -> str:
        return link_to(asked.order)

    @display(description=_("state"))
    def sent(self, asked: OrderRequest) -> str:
        return badge(asked.get_state_display(), STATE_TONES.get(asked.state, ""))

    @display(description=_("status"))
    def told(self, asked: OrderRequest) -> str:
        if not asked.status:
            return ""
        return badge(asked.get_status_display(), STATUS_TONES.get(asked.status, ""))

    @display(description=_("error"))
    def error_shortened(self, asked: OrderRequest) -> str:
        return short(asked.error)

    @display(description=_("flagged"), ordering="flagged_at")
    def flagged(self, asked: OrderRequest) -> str:
        return moment(asked.flagged_at)

    @display(description=_("asked for"), ordering="id")
    def asked(self, asked: OrderRequest) -> str:
        return moment(asked.created_at)

    @display(description=_("by"))
    def asked_by(self, asked: OrderRequest) -> str:
        return link_to(asked.by)

    @display(description=_("looked at again"))
    def looked_at(self, asked: OrderRequest) -> str:
        return moment(asked.next_at)

    @display(description=_("closed"))
    def closed(self, asked: OrderRequest) -> str:
        return moment(asked.closed_at)

    @display(description=_("provider"))
    def bought_at(self, asked: OrderRequest) -> str:
        return link_to(asked.order.provider)

    @display(description=_("reply"))
    def answer(self, asked: OrderRequest) -> str:
        return link_to(asked.reply)

    @button(
        label=_("It was accepted"),
        question=_(
            "The provider has this refill. It is followed from now on under the id "
            "that it has there."
        ),
        form=RefillIdForm,
        permission="orders.change_orderrequest",
        refusals=(OrderError,),
        icon="check_circle",
    )
    def accepted(
        self, request: HttpRequest, asked: OrderRequest, data: dict[str, Any]
    ) -> str:
        """Follow a refill under the id that a person has found."""
        actions.settle_as_accepted(
            request=asked, upstream_id=data["upstream_id"], by=request.user
        )
        return gettext("The refill is followed.")

    @button(
        label=_("It was not accepted: ask again"),
        question=_(
            "Make sure that the provider does not have it: a refill that is asked for "
            "twice may be delivered twice."
        ),
        permission="orders.change_orderrequest",
        refusals=(OrderError,),
        icon="replay",
    )
    def again(self, request: HttpRequest, asked: OrderRequest, data: object) -> str:
        """Send a request again that never reached the provider."""
        actions.ask_again(request=asked, by=request.user)
        return gettext("The provider is being asked again.")

    @button(
        label=_("Close it as rejected"),
        question=_("Nothing more is done about it. A refill's customer is told."),
        permission="orders.change_orderrequest",
        refusals=(OrderError,),
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def rejected(self, request: HttpRequest, asked: OrderRequest, data: object) -> str:
        """End a request that comes to nothing."""
        actions.close_as_rejected(request=asked, by=request.user)
        return gettext("It is closed.")
