"""Payments as staff see them, with everything that gateways said."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from payments.admin.buttons import ButtonsMixin
from payments.admin.evidence import EvidenceMixin
from payments.admin.notifications import text_of
from payments.admin.proofs import ProofsMixin, proofs_table
from payments.admin.statements import StatementsMixin
from payments.enums import TopUpState
from payments.gateways.bank import BankGateway
from payments.models import TopUp
from shop.admin import (
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    link_to,
    moment,
    short,
)
from shop.money import show

MAY = "payments.change_topup"
TONES = {
    TopUpState.PAID: "success",
    TopUpState.PENDING: "info",
    TopUpState.DISPUTED: "danger",
}


class FlaggedFilter(admin.SimpleListFilter):
    """Payments that staff must look at."""

    title = _("flagged")
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("flagged"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(flagged_at__isnull=False)


@admin.register(TopUp)
class TopUpAdmin(
    ButtonsMixin, EvidenceMixin, StatementsMixin, ProofsMixin, ReadonlyMixin, ShopAdmin
):
    """Payments of customers. Money moves by what gateways say, or by decisions."""

    list_display = ("number", "payer", "gateway", "sum", "standing", "flag", "time")
    list_filter = (FlaggedFilter, "state", "gateway")
    list_select_related = ("customer",)
    number_fields = ("id",)
    search_fields = ("reference", "remote_id", "customer__email", "instrument")
    ordering = ("-id",)
    actions_list = ("statement",)
    fields = (
        "customer", "gateway", "reference", "remote_id", "sum", "credited", "fees",
        "bonuses", "back", "standing", "flag", "dispute", "instrument", "risk", "address",
        "time", "paid", "expires", "file",
    )  # fmt: skip

    @display(description=_("no."), ordering="id")
    def number(self, top_up: TopUp) -> int:
        return top_up.pk

    @display(description=_("customer"))
    def payer(self, top_up: TopUp) -> Any:
        return link_to(top_up.customer)

    @display(description=_("to be paid"))
    def sum(self, top_up: TopUp) -> str:
        return show(top_up.total, top_up.currency)

    @display(description=_("credited"))
    def credited(self, top_up: TopUp) -> str:
        return show(top_up.amount, top_up.currency)

    @display(description=_("fee"))
    def fees(self, top_up: TopUp) -> str:
        return show(top_up.fee, top_up.currency)

    @display(description=_("bonus"))
    def bonuses(self, top_up: TopUp) -> str:
        return show(top_up.bonus, top_up.currency)

    @display(description=_("refunded"))
    def back(self, top_up: TopUp) -> str:
        return show(top_up.refunded, top_up.currency)

    @display(description=_("state"))
    def standing(self, top_up: TopUp) -> str:
        state = TopUpState(top_up.state)
        return badge(state.label, TONES.get(state, ""))

    @display(description=_("flagged"))
    def flag(self, top_up: TopUp) -> Any:
        return short(top_up.flag_reason)

    @display(description=_("time"), ordering="id")
    def time(self, top_up: TopUp) -> Any:
        return moment(top_up.created_at)

    @display(description=_("paid"))
    def paid(self, top_up: TopUp) -> Any:
        return moment(top_up.paid_at)

    @display(description=_("expires"))
    def expires(self, top_up: TopUp) -> Any:
        return moment(top_up.expires_at)

    def tables(self, row: TopUp) -> Iterable[Table]:
        yield Table(
            _("History"),
            [_("time"), _("state"), _("reason"), _("reported"), _("by")],
            [
                [
                    moment(event.at),
                    TopUpState(event.new).label,
                    event.reason,
                    ", ".join(f"{key}: {said}" for key, said in event.report.items()),
                    event.by or "",
                ]
                for event in row.events.select_related("by").order_by("-id")[:50]
            ],
        )
        yield Table(
            _("Notifications"),
            [_("received"), _("outcome"), _("body")],
            [
                [
                    link_to(said, moment(said.received_at)),
                    said.get_outcome_display(),
                    short(text_of(said)),
                ]
                for said in row.notifications.order_by("-id")[:50]
            ],
        )
        yield Table(
            _("Decisions"),
            [_("asked for"), _("kind"), _("amount"), _("by"), _("closed")],
            [
                [
                    link_to(decision, moment(decision.asked_at)),
                    decision.get_kind_display(),
                    show(decision.amount, row.currency),
                    decision.by,
                    moment(decision.closed_at),
                ]
                for decision in row.decisions.select_related("by").order_by("-id")
            ],
        )

        if row.gateway == BankGateway.name:
            yield proofs_table(row)
