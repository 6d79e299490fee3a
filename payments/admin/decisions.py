"""What people decide about payments; two approve what is much."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant

from payments import actions
from payments.errors import PaymentError
from payments.models import Decision
from shop.admin import ReadonlyMixin, ShopAdmin, Table, badge, button, link_to, moment
from shop.money import show

MAY = "payments.change_topup"


@admin.register(Decision)
class DecisionAdmin(ReadonlyMixin, ShopAdmin):
    """What is to be credited by hand or sent back; two people approve what is much."""

    list_display = ("number", "kind", "payment", "sum", "by", "standing", "time")
    list_filter = ("kind", ("closed_at", admin.EmptyFieldListFilter))
    list_select_related = ("top_up__customer", "by")
    number_fields = ("id", "top_up_id")
    ordering = ("-id",)
    actions_detail = ("approve", "reject", "again")
    fields = (
        "payment", "kind", "sum", "note", "by", "needed", "standing", "error", "time",
    )  # fmt: skip

    @display(description=_("no."), ordering="id")
    def number(self, decision: Decision) -> int:
        return decision.pk

    @display(description=_("payment"))
    def payment(self, decision: Decision) -> Any:
        return link_to(decision.top_up)

    @display(description=_("amount"))
    def sum(self, decision: Decision) -> str:
        return show(decision.amount, decision.top_up.currency)

    @display(description=_("state"))
    def standing(self, decision: Decision) -> str:
        if decision.rejected_by_id:
            return badge(_("rejected"))
        if decision.closed_at and decision.error:
            return badge(_("failed"), "danger")
        if decision.closed_at:
            return badge(_("done"), "success")
        if decision.approved_at:
            return badge(_("approved, not done"), "danger")
        return badge(_("waits for approval"), "warning")

    @display(description=_("time"), ordering="id")
    def time(self, decision: Decision) -> Any:
        return moment(decision.asked_at)

    def tables(self, row: Decision) -> Iterable[Table]:
        yield Table(
            _("Approvals"),
            [_("time"), _("by")],
            [
                [moment(yes.at), yes.by]
                for yes in row.approvals.select_related("by").order_by("id")
            ],
        )

    @button(
        label=_("Approve"),
        question=_("With the last approval that is needed it is carried out."),
        permission=MAY,
        refusals=(PaymentError,),
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def approve(self, request: HttpRequest, decision: Decision, data: object) -> str:
        """Say yes."""
        if actions.approve(decision=decision, by=request.user):
            return gettext("Done.")
        return gettext("Approved. Another person must approve it, too.")

    @button(
        label=_("Reject"),
        question=_("It is closed, and not carried out."),
        permission=MAY,
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, decision: Decision, data: object) -> str:
        """Say no."""
        if actions.reject(decision=decision, by=request.user):
            return gettext("Rejected.")
        return gettext("It was closed or approved already.")

    @button(
        label=_("Try again"),
        question=_("What was approved and not done is done. Nothing is sent twice."),
        permission=MAY,
        refusals=(PaymentError,),
        icon="refresh",
    )
    def again(self, request: HttpRequest, decision: Decision, data: object) -> str:
        """Carry out what the gateway did not do at first."""
        actions.carry_out(decision=decision)
        return gettext("Done.")
