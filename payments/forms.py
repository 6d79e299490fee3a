"""The form of a payment: how much, and how."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.gateways.protocol import Gateway


class TopUpForm(forms.Form):
    """How much is to be credited, and through which gateway. Limits are the action's."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(
            {
                "class": "input w-full",
                "inputmode": "decimal",
                "autocomplete": "off",
                "required": True,
            }
        ),
    )
    gateway = forms.ChoiceField(
        label=_("How to pay"), widget=forms.Select({"class": "select w-full"})
    )

    coupon = forms.CharField(
        label=_("Coupon"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"class": "input w-full", "autocomplete": "off"}),
    )

    def __init__(
        self,
        gateways: Sequence[Gateway],
        data: Mapping[str, str] | None = None,
        *,
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.gateways = {gateway.name: gateway for gateway in gateways}
        self.fields["gateway"].choices = [
            (gateway.name, _(gateway.label)) for gateway in gateways
        ]

    @property
    def chosen(self) -> Gateway | None:
        """The gateway that was chosen, if it is one of those offered."""
        return self.gateways.get(self.cleaned_data.get("gateway", ""))
