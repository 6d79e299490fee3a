"""Payments as staff see them, with everything that gateways said."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from payments import actions
from payments.admin.notifications import text_of
from payments.admin.proofs import ProofsMixin, proofs_table
from payments.admin.statements import StatementsMixin
from payments.enums import PAID, DecisionKind, TopUpState
from payments.errors import PaymentError
from payments.evidence import evidence
from payments.gateways.bank import BankGateway
from payments.models import Decision, TopUp
from shop.admin import (
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    button,
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


class NoteForm(BaseDialogForm):
    """Why; it stands in the payment's history."""

    note = forms.CharField(
        label=_("Note"), max_length=150, widget=UnfoldAdminTextInputWidget
    )


class RefundForm(NoteForm):
    """How much goes back, and why."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal("0.01"),
        max_digits=20,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    field_order = ("amount", "note")


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
class TopUpAdmin(StatementsMixin, ProofsMixin, ReadonlyMixin, ShopAdmin):
    """Payments of customers. Money moves by what gateways say, or by decisions."""

    list_display = ("number", "payer", "gateway", "sum", "standing", "flag", "time")
    list_filter = (FlaggedFilter, "state", "gateway")
    list_select_related = ("customer",)
    number_fields = ("id",)
    search_fields = ("reference", "remote_id", "customer__email", "instrument")
    ordering = ("-id",)
    actions_list = ("statement",)
    actions_detail = ("confirm", "refund", "returned", "ask", "release")
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

    def get_urls(self) -> list[Any]:
        """Add the page of the evidence, for a bank that asks."""
        evidence = path(
            "<int:top_up_id>/evidence/",
            self.admin_site.admin_view(self.evidence),
            name="payments_topup_evidence",
        )
        return [evidence, *super().get_urls()]

    def evidence(self, request: HttpRequest, top_up_id: int) -> HttpResponse:
        """Return the evidence of a payment as a file."""
        top_up = get_object_or_404(
            TopUp.objects.select_related("customer"), pk=top_up_id
        )
        if not self.has_view_permission(request, top_up):
            raise PermissionDenied
        file = f"payment-{top_up.pk}.txt"
        return HttpResponse(
            evidence(top_up=top_up),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file}"'},
        )

    @display(description=_("evidence for a bank"))
    def file(self, top_up: TopUp) -> Any:
        url = reverse("admin:payments_topup_evidence", args=[top_up.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, _("Download"))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        found = TopUp.objects.filter(pk=object_id).first()
        if found is None:
            return []
        fitting = {"ask"}
        fitting |= {"refund", "returned"} if found.state == TopUpState.PAID else set()
        fitting |= {"confirm"} if found.state not in PAID else set()
        fitting |= {"release"} if found.flagged_at else set()
        return [
            shown
            for shown in super().get_actions_detail(request, object_id)
            if shown.action_name.rpartition("_")[2] in fitting
        ]

    @button(
        label=_("Credit by hand"),
        question=_("The whole amount is credited as if the gateway had confirmed it."),
        permission=MAY,
        form=NoteForm,
        refusals=(PaymentError,),
        icon="add_card",
        variant=ActionVariant.PRIMARY,
    )
    def confirm(self, request: HttpRequest, top_up: TopUp, data: dict[str, Any]) -> str:
        """Credit a payment that somebody has seen arrive."""
        return _decided(
            actions.decide(
                top_up=top_up,
                kind=DecisionKind.CONFIRM,
                amount=top_up.total,
                note=data["note"],
                by=request.user,
            )
        )

    @button(
        label=_("Refund"),
        question=_("It goes back to where it came from, and off the balance."),
        permission=MAY,
        form=RefundForm,
        refusals=(PaymentError,),
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def refund(self, request: HttpRequest, top_up: TopUp, data: dict[str, Any]) -> str:
        """Send money back through the gateway."""
        return _decided(
            actions.decide(
                top_up=top_up,
                kind=DecisionKind.REFUND,
                amount=data["amount"],
                note=data["note"],
                by=request.user,
            )
        )

    @button(
        label=_("Sent back by hand"),
        question=_("It is off the balance; the gateway is not asked to send anything."),
        permission=MAY,
        form=RefundForm,
        refusals=(PaymentError,),
        icon="outbox",
        variant=ActionVariant.DANGER,
    )
    def returned(
        self, request: HttpRequest, top_up: TopUp, data: dict[str, Any]
    ) -> str:
        """Note what somebody has sent back at the bank."""
        return _decided(
            actions.decide(
                top_up=top_up,
                kind=DecisionKind.RETURNED,
                amount=data["amount"],
                note=data["note"],
                by=request.user,
            )
        )

    @button(
        label=_("Ask the gateway"),
        question=_("What it says now is applied."),
        permission=MAY,
        icon="help",
    )
    def ask(self, request: HttpRequest, top_up: TopUp, data: object) -> str:
        """Ask what became of the payment."""
        return str(actions.ask(top_up=top_up).label).capitalize()

    @button(
        label=_("Looked at"),
        question=_("It leaves the list of flagged payments. No money moves."),
        permission=MAY,
        form=NoteForm,
        icon="flag",
    )
    def release(self, request: HttpRequest, top_up: TopUp, data: dict[str, Any]) -> str:
        """Take the payment off the list."""
        actions.release(top_up=top_up, by=request.user, note=data["note"])
        return gettext("It is off the list.")


def _decided(decision: Decision) -> str:
    if decision.closed_at is not None:
        return gettext("Done.")
    return gettext("Asked for. Another person must approve it.")
