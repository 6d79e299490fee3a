"""The button that notes what was paid to a provider."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from ledger import actions as ledger
from ledger.admin import CreditForm
from provider.models import Provider
from shop.admin import button
from shop.money import PLACES, show


class FundsForm(CreditForm):
    """How much was paid, and what proves it."""

    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=20,
        decimal_places=PLACES,
        help_text=_("In the provider's currency; below zero for what came back."),
        widget=UnfoldAdminDecimalFieldWidget,
    )


class FundsMixin:
    """Keeps our book of a provider beside its own."""

    @button(
        label=_("Record funds sent"),
        question=_("Nothing is paid by this: it notes what was paid to the provider."),
        permission="ledger.add_transfer",
        form=FundsForm,
        refusals=(ledger.LedgerError,),
        icon="payments",
    )
    def record_funds(
        self, request: HttpRequest, provider: Provider, data: dict[str, Any]
    ) -> str:
        """Book what was sent, once for each form that was shown."""
        ledger.send_funds(
            account=provider.account,
            amount=data["amount"],
            subject=data["subject"],
            note=data["note"],
            by=request.user,
        )
        return gettext("%(amount)s is in our book of %(provider)s.") % {
            "amount": show(data["amount"], provider.currency),
            "provider": provider,
        }
