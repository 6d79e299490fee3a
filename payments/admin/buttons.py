"""What staff can do with a payment, as buttons on its page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from payments import actions
from payments.enums import PAID, DecisionKind, TopUpState
from payments.errors import PaymentError
from payments.models import Decision, TopUp
from shop.admin import button

MAY = "payments.change_topup"


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


class ButtonsMixin:
    """The buttons of a payment's page; each is there only where it fits."""

    actions_detail = ("confirm", "refund", "returned", "ask", "release")

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
